import Synchronization

/// Which of many like events are logged: the first, the second, the fourth, the eighth and so on. Any thread.
package final class LogThrottle: Sendable {
  private let count = Atomic(0)

  package init() {}

  package func isDue() -> Bool {
    count.add(1, ordering: .relaxed).newValue.nonzeroBitCount == 1
  }
}
