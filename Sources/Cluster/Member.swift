/// The state of a worker, as the coordinator knows it.
///
///     (unknown) --register--> alive
///     alive     --silent for suspectAfter--> suspect
///     suspect   --heartbeat--> alive
///     alive, suspect           --drain--> draining
///     alive, suspect, draining --silent for deadAfter, its link broke, or its step stalls--> dead
///     suspect   --another incarnation registers under the name--> dead, then alive
///     dead      --register with another incarnation--> alive
///     any       --left--> (unknown)
///
/// No other transition is legal. In particular a heartbeat never revives a dead worker: its layers have another owner.
package enum WorkerStatus: String, Sendable {
  case alive
  case suspect
  case dead
  /// Completes its steps; gets no layers of the next plan.
  case draining
}

/// One worker as the coordinator knows it. Times are since the coordinator's start.
package struct Member: Hashable, Sendable {
  package let name: String
  /// Drawn for each registration; tells a process from its predecessor of the same name.
  package internal(set) var incarnation: UInt64
  package internal(set) var status: WorkerStatus
  package internal(set) var lastHeard: Duration
  /// The worker's own count of work done. It proves that the compute thread runs, which a heartbeat does not.
  package internal(set) var progress: UInt64
  /// When `progress` last changed.
  package internal(set) var lastProgress: Duration
  /// Since when it has had a step in hand; nil while it has none.
  package internal(set) var busySince: Duration?
  /// How long the step in hand usually takes, as the worker reports.
  package internal(set) var expectedStep: Duration = .zero
}

/// What a heartbeat reports.
package struct HeartbeatStatus: Hashable, Sendable {
  package var progress: UInt64
  /// How long the step in hand usually takes; nil without one.
  package var expectedStep: Duration?

  package init(progress: UInt64, expectedStep: Duration? = nil) {
    self.progress = progress
    self.expectedStep = expectedStep
  }
}

/// A change of a worker's status that the cluster acts on.
package enum MembershipEvent: Hashable, Sendable {
  /// New, or returned under another incarnation.
  case joined(String)
  case suspect(String, silence: Duration)
  /// A suspect worker sent a heartbeat.
  case recovered(String)
  case draining(String)
  /// The reason names the worker.
  case dead(String, reason: String)
  case left(String)
}
