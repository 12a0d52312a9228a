/// How much of a plan's work may be under way at once: the one bound that keeps a slow stage from filling its
/// neighbor's memory. The scheduler sends no more steps, and stages hold no more bytes.
package struct StepWindow: Hashable, Sendable {
  /// Steps sent but not completed, at most. One more than there are stages (when there are several), so that
  /// the next step already lies at stage 0 when it ends one: it never waits for the coordinator.
  package let stepCount: Int

  /// - Parameter stageCount: at least 1.
  package init(stageCount: Int) { stepCount = stageCount > 1 ? stageCount + 1 : 1 }
}
