import Cluster
import Dispatch
import Synchronization

/// Searches for plans on a thread of its own, one question at a time. A question that waits is skipped when a later one
/// arrives. Any thread.
final class PlanningQueue: Sendable {
  private let queue = DispatchQueue(label: "planning")
  /// The version of the last question.
  private let last = Atomic<UInt64>(0)

  /// - Parameter answer: called on the queue's thread.
  func ask(_ question: PlanQuestion, answer: @escaping @Sendable (PlanAnswer) -> Void) {
    last.store(question.version, ordering: .relaxed)
    queue.async { [self] in
      guard last.load(ordering: .relaxed) == question.version else { return }
      answer(question.answer())
    }
  }
}
