package import Core

/// What the owner of `ClusterControl` must do, in order.
package enum ClusterAction: Hashable, Sendable {
  /// Search for a plan, and return the answer as `ClusterEvent.planned`.
  case plan(PlanQuestion)
  /// Send every worker of the plan its layers.
  case assign(LayerPlan, PlanEpoch)
  /// All stages are ready: requests start or resume.
  case serve
  /// The plan has ended: send no more steps; results of its epoch are void.
  case interrupt(InterruptionCause, reason: String)
  /// Requests have waited too long for workers: end them with the reason.
  case giveUp(reason: String)
  /// Waiting longer cannot help. Only before the cluster has ever served.
  case fail(reason: String, InfeasiblePlan?)
  /// The worker has no more work here: tell it to stop.
  case dismiss(worker: String, reason: String)
  /// The worker is evicted. If it still runs, it must drop its sequences and register again.
  case evict(worker: String, reason: String)
  /// An event worth a line in the log.
  case note(String)
}

/// What the cluster is doing, for status and logs.
package enum ClusterPhase: Hashable, Sendable {
  case gathering(present: Int, needed: Int)
  case rollingOut(PlanRollout.Phase)
  case serving
  /// The last plan ended for the reason, and the cluster waits for workers or for a plan.
  case recovering(reason: String)
  case failed(String)
}
