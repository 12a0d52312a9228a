import Cluster
import Core
import Scheduling

/// What simulated processes say to each other; the fields of the real messages that matter here.
enum SimulatedMessage {
  case register(name: String, incarnation: UInt64, loaded: LayerRange?)
  case heartbeat(incarnation: UInt64, HeartbeatStatus)
  case stageReady(PlanEpoch, held: [ResidentSequence])
  case stageFailed(PlanEpoch, reason: String)
  case welcome
  case rejoin
  case refused
  case assign(SimulatedAssignment)
  case forward(SimulatedStep)
  case result(SimulatedStep)

  /// What is on its way through the stages.
  var step: SimulatedStep? {
    switch self {
    case .forward(let step), .result(let step): step
    default: nil
    }
  }
}

struct SimulatedAssignment {
  let epoch: PlanEpoch
  let previousEpoch: PlanEpoch?
  let stageIndex: Int
  let layers: LayerRange
  let pageCount: Int
  let isLast: Bool
  /// The next stage's worker; nil when results go to the coordinator.
  let next: Int?
}

/// A step on its way: the scheduler's entries, and what each stage made of their tokens.
struct SimulatedStep {
  let epoch: PlanEpoch
  let plan: StepPlan
  /// Hidden "rows" of every entry's tokens.
  var rows: [[UInt64]]
  var sampled: [SequenceID: [SampledToken]] = [:]
  /// Sequences a stage could not go on with.
  var failed: [SequenceID: String] = [:]
  /// Why a stage could not compute the step at all.
  var failure: String?
}
