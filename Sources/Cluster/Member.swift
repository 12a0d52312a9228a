/// What the coordinator thinks of a worker.
///
///     (unknown) --register--> alive
///     alive     --silent for suspectAfter--> suspect
///     suspect   --heartbeat--> alive
///     alive, suspect           --drain--> draining
///     alive, suspect, draining --silent for deadAfter, its link broke, or its step stands still--> dead
///     suspect   --another incarnation registers under the name--> dead, then alive
///     dead      --register with another incarnation--> alive
///     any       --left--> (unknown)
///
/// Nothing else is legal. In particular a heartbeat never revives the dead: what the worker held has been
/// given away.
package enum WorkerStatus: String, Sendable {
  case alive
  case suspect
  case dead
  /// Finishes what it has; gets no layers of the next plan.
  case draining
}

/// One worker as the coordinator knows it. Times are since the coordinator's start.
package struct Member: Hashable, Sendable {
  package let name: String
  /// Drawn by the process at its start; tells it from its predecessor under the same name.
  package internal(set) var incarnation: UInt64
  package internal(set) var status: WorkerStatus
  package internal(set) var lastHeard: Duration
  /// The worker's own count of work done; proves that its compute thread moves, which a heartbeat alone does
  /// not.
  package internal(set) var progress: UInt64
  /// When `progress` last changed.
  package internal(set) var lastProgress: Duration
  /// Since when it has had a step in hand; nil while it has none.
  package internal(set) var busySince: Duration?
  /// How long it says the step in hand should take.
  package internal(set) var expectedStep: Duration = .zero
}

/// What a heartbeat tells.
package struct HeartbeatStatus: Hashable, Sendable {
  package var progress: UInt64
  /// How long the step in hand should take by experience; nil when there is none.
  package var expectedStep: Duration?

  package init(progress: UInt64, expectedStep: Duration? = nil) {
    self.progress = progress
    self.expectedStep = expectedStep
  }
}

/// A change of a worker's status that others must act on.
package enum MembershipEvent: Hashable, Sendable {
  /// New, or back under another incarnation.
  case joined(String)
  case suspect(String, silence: Duration)
  /// A suspect was heard again.
  case recovered(String)
  case draining(String)
  /// The reason is a sentence that names the worker.
  case dead(String, reason: String)
  case left(String)
}
