import Evaluation
import Glibc

/// When requests come.
enum Arrivals: Hashable, Sendable {
  /// So many a second, one like the other, whatever became of those before.
  case steady(perSecond: Double)
  /// So many a second on average, each independent of the others, as many users together send them.
  case poisson(perSecond: Double)
  /// So many clients, each of which sends its next request when its answer has ended.
  case clients(Int)

  /// The time from one arrival to the next; nil where that is up to the answers.
  func gap(_ random: inout SeededRandom) -> Duration? {
    switch self {
    case .steady(let rate): .seconds(1 / rate)
    case .poisson(let rate): .seconds(-log(random.share()) / rate)
    case .clients: nil
    }
  }
}

extension Arrivals: CustomStringConvertible {
  var description: String {
    switch self {
    case .steady(let rate): "\(rate) a second, steadily"
    case .poisson(let rate): "\(rate) a second, as Poisson has them"
    case .clients(let count): "\(count) client\(count == 1 ? "" : "s"), one request at a time each"
    }
  }
}
