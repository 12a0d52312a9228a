import Synchronization

/// Limits how many messages wait in a queue, so that noise cannot fill one that honest messages share. Any thread.
package final class InFlightLimiter: Sendable {
  private let waiting = Atomic(0)
  private let capacity: Int

  package init(capacity: Int) { self.capacity = capacity }

  /// False at the limit: the message must be dropped.
  package func enter() -> Bool {
    if waiting.add(1, ordering: .relaxed).newValue <= capacity { return true }
    leave()
    return false
  }

  package func leave() { waiting.subtract(1, ordering: .relaxed) }
}
