import Foundation
import Core

/// Ends work on one thread from another: the worker asks `check` between its blocks, and waits only in ways that
/// `cancel` ends at once. One a piece of work; any thread.
package final class Cancellation: @unchecked Sendable {
  // Safety: every field is touched under the condition's lock only.
  private let condition = NSCondition()
  private var isDone = false
  private var handlers: [@Sendable () -> Void] = []

  package init() {}

  /// Ends the work at its next check. More than once is the same as once.
  package func cancel() {
    let called = condition.withLock {
      isDone = true
      defer { handlers = [] }
      condition.broadcast()
      return handlers
    }
    for handler in called { handler() }
  }

  /// - Throws: `Cancelled` once `cancel` was called.
  package func check() throws(Cancelled) {
    if condition.withLock({ isDone }) { throw Cancelled() }
  }

  /// Waits so long, or until the work is cancelled.
  /// - Throws: `Cancelled`, at once when `cancel` is called.
  package func pause(for duration: Duration) throws(Cancelled) {
    let end = Date(timeIntervalSinceNow: duration.inSeconds)
    condition.withLock {
      while !isDone, condition.wait(until: end) {}
    }
    try check()
  }

  /// Calls the handler when the work is cancelled, on the cancelling thread; at once where it is already.
  package func onCancel(_ handler: @escaping @Sendable () -> Void) {
    let isLate = condition.withLock {
      if !isDone { handlers.append(handler) }
      return isDone
    }
    if isLate { handler() }
  }
}

/// The work was cancelled.
package struct Cancelled: Error, Hashable, Sendable {
  package init() {}
}
