package import Core

/// What happens to a cluster, as `ClusterControl` is notified of it.
package enum ClusterEvent: Hashable, Sendable {
  case heartbeat(worker: String, incarnation: UInt64, HeartbeatStatus)
  case loadProgress(worker: String, PlanEpoch, fraction: Double)
  case stageReady(worker: String, PlanEpoch)
  case stageFailed(worker: String, PlanEpoch, reason: String)
  case left(worker: String, reason: String)
  case linkBroke(worker: String)
  /// A worker has measured what the way to another one carries.
  case linkMeasured(worker: String, peer: String, WorkerLink)
  /// The worker gives its layers up; it is dismissed when it has none.
  case drain(worker: String)
  /// A step could not be computed, or is lost. It is repeated under the next epoch.
  case pipelineFailed(PlanEpoch, InterruptionCause, reason: String)
  /// The answer to a plan question.
  case planned(PlanAnswer)
  case tick(ClusterLoad)
}

/// The state of the work, for decisions that depend on it.
package struct ClusterLoad: Hashable, Sendable {
  /// No request runs or waits.
  package var isIdle: Bool
  /// When the pipeline last made progress (a step sent into an empty pipeline, a result); nil when no step is in
  /// flight.
  package var lastStep: Duration?

  package init(isIdle: Bool, lastStep: Duration?) {
    self.isIdle = isIdle
    self.lastStep = lastStep
  }
}
