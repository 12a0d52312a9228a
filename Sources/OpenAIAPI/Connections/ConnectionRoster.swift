/// Which connections are open, and which one goes when there are too many: the one that has waited longest without a
/// whole request. Nobody who is being answered is cut off for a newcomer.
struct ConnectionRoster: Sendable {
  struct ID: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  enum Verdict: Hashable, Sendable {
    case welcome
    /// Stays, and this one is to be closed for it.
    case instead(of: ID)
    /// All others are being answered: the newcomer itself is to be closed.
    case refused
  }

  let limit: Int
  /// Those that are not being answered, with when that began.
  private var resting: [ID: UInt64] = [:]
  /// Those that are, with how many requests.
  private var busy: [ID: Int] = [:]
  private var clock: UInt64 = 0

  /// - Parameter limit: at least 1.
  init(limit: Int) { self.limit = max(1, limit) }

  var count: Int { resting.count + busy.count }

  /// A newcomer; what is closed for it, or the newcomer when it is refused, counts no longer.
  mutating func open() -> (ID, Verdict) {
    clock += 1
    let id = ID(number: clock)
    guard count >= limit else {
      resting[id] = clock
      return (id, .welcome)
    }
    guard let oldest = resting.min(by: { $0.value < $1.value })?.key else { return (id, .refused) }
    resting[oldest] = nil
    resting[id] = clock
    return (id, .instead(of: oldest))
  }

  /// A whole request of it has come. Ignored for one that is to be closed.
  mutating func begin(_ id: ID) {
    if let count = busy[id] {
      busy[id] = count + 1
    } else if resting.removeValue(forKey: id) != nil {
      busy[id] = 1
    }
  }

  /// A request of it has been answered.
  mutating func end(_ id: ID) {
    guard let count = busy[id] else { return }
    clock += 1
    if count > 1 {
      busy[id] = count - 1
    } else {
      busy[id] = nil
      resting[id] = clock
    }
  }

  mutating func close(_ id: ID) {
    resting[id] = nil
    busy[id] = nil
  }
}
