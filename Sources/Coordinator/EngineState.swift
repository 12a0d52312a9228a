import Cluster
import Inference
import Scheduling
import Transport
import Wire

/// Everything a coordinator knows: who is there, which plan runs, which sequences are in it. Guarded by the engine's
/// lock.
struct EngineState {
  /// A registered worker and the way to it.
  struct Peer {
    let id: PeerID
    let registration: WorkerRegistration
    /// What it proved to hold; nil in a cluster without keys.
    let key: PublicKey?
  }

  var membership: Membership
  var rollout: PlanRollout
  var peers: [String: Peer] = [:]
  var plan: LayerPlan?
  /// Set when the workers that joined cannot hold the model.
  var infeasiblePlan: InfeasiblePlan?
  /// Present while a plan serves.
  var scheduler: Scheduler?
  /// The link to stage 0 of the plan that serves.
  var firstStage: SocketID?
  var generations: [SequenceID: Generation] = [:]
  var nextSequence: UInt64 = 1
  /// When the oldest unfinished step was sent or a result last came.
  var lastStepChange = Duration.zero
  /// Set for good when the engine stops.
  var isStopped = false

  var epoch: PlanEpoch { rollout.epoch }

  var readiness: EngineReadiness {
    if isStopped { return .failed("the coordinator is stopping") }
    switch rollout.phase {
    case .waiting(let present, let needed): return .loading("\(present) of \(needed) workers have joined")
    case .assigning: return .loading("workers are being given their layers")
    case .loading(let fractions):
      let share = fractions.reduce(0, +) / Double(max(1, fractions.count))
      return .loading("weights are \(Int(share * 10) * 10) % loaded")
    case .ready: return firstStage == nil ? .loading("the first stage is being connected") : .ready
    case .failed(let reason): return .failed(reason)
    }
  }

  /// Ends every generation with an error and forgets the plan's sequences.
  mutating func failGenerations(_ error: any Error) {
    _ = scheduler?.failAll()
    scheduler = nil
    let ended = generations
    generations = [:]
    for generation in ended.values { generation.sink.finish(throwing: error) }
  }
}
