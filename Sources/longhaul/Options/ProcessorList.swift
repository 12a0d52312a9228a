import ArgumentParser
import Tensors

/// Cores as a user lists them: 'all', or numbers and ranges separated by commas.
enum ProcessorList: ExpressibleByArgument, Hashable {
  case all
  case these([Int])

  init?(argument: String) {
    guard argument != "all" else {
      self = .all
      return
    }
    var numbers: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        (0...Self.largest).contains(first), (0...Self.largest).contains(last), first <= last
      else { return nil }
      numbers += first...last
    }
    guard Set(numbers).count == numbers.count else { return nil }
    self = .these(numbers)
  }

  private static let largest = 4095

  var processors: [Int] {
    switch self {
    case .all: ThreadPlacement.availableProcessors
    case .these(let numbers): numbers
    }
  }
}
