import Fixtures
import Testing

@testable import Scheduling

@Suite("The queue whose least element comes first")
struct PriorityQueueTests {
  /// Counts how often numbers are compared.
  private final class Comparisons { var count = 0 }

  private struct Counted: Comparable {
    let number: Int
    let comparisons: Comparisons

    static func < (left: Counted, right: Counted) -> Bool {
      left.comparisons.count += 1
      return left.number < right.number
    }
    static func == (left: Counted, right: Counted) -> Bool { left.number == right.number }
  }

  @Test("elements come out in order, equal ones too, whatever is inserted between", arguments: 0..<10)
  func order(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = PriorityQueue<Int>()
    var sorted: [Int] = []
    for _ in 0..<500 {
      if Int.random(in: 0..<3, using: &random) > 0 {
        let number = Int.random(in: 0..<50, using: &random)
        queue.insert(number)
        sorted.insert(number, at: sorted.firstIndex { $0 >= number } ?? sorted.count)
      } else {
        #expect(queue.popLeast() == (sorted.isEmpty ? nil : sorted.removeFirst()))
      }
      #expect(queue.isEmpty == sorted.isEmpty)
    }
  }

  @Test("inserting and taking out compare as often as the logarithm of the count")
  func cost() {
    let comparisons = Comparisons()
    var random = SeededGenerator(seed: 1)
    var queue = PriorityQueue<Counted>()
    for _ in 0..<4096 {
      queue.insert(Counted(number: Int.random(in: 0..<1_000_000, using: &random), comparisons: comparisons))
    }
    for _ in 0..<1000 {
      comparisons.count = 0
      _ = queue.popLeast()
      // Two for each of twelve levels.
      #expect(comparisons.count <= 24)
      comparisons.count = 0
      queue.insert(Counted(number: 0, comparisons: comparisons))
      #expect(comparisons.count <= 12)
    }
  }
}
