import Cluster
import Core
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

  var control: ClusterControl
  var peers: [String: Peer] = [:]
  /// Incarnations of the workers that were last told of each other.
  var toldPeers: [String: UInt64] = [:]
  /// Incarnations of the spares that were told which stages to expect, and the epoch of those.
  var toldSpares: [String: UInt64] = [:]
  var expectedEpoch: PlanEpoch?
  /// Operators' tools that wait for a worker to be drained.
  var drainAskers: [String: [PeerID]] = [:]
  /// Set when the workers that joined cannot hold the model.
  var infeasiblePlan: InfeasiblePlan?
  /// Present from the first plan that serves on; between plans it holds the requests.
  var scheduler: Scheduler?
  /// The link to stage 0 of the plan that serves; nil between plans, when nothing is sent and no result is taken.
  var firstStage: SocketID?
  /// The same of the plan that is rolled out, as soon as its first stage can be reached.
  var nextFirstStage: SocketID?
  /// The last epoch that served: stages keep the sequences they have of it.
  var servedEpoch: PlanEpoch?
  /// What the workers of the plan that is rolled out said they still have.
  var held: [String: [ResidentSequence]] = [:]
  var loadNews = ProgressThrottle()
  /// Tokens that were read again after losses since the start.
  var recoveries = RecoveryTotals()
  /// Links of plans that are over, to be closed.
  var retiredLinks: [SocketID] = []
  var generations: [SequenceID: Generation] = [:]
  /// What the stages spent since the first plan served, by their place in the pipeline.
  var stageTotals: [StageTotals] = []
  var metrics: EngineMetrics
  var nextSequence: UInt64 = 1
  /// When the oldest unfinished step was sent or a result last came.
  var lastStepChange = Duration.zero
  /// Set for good when the engine stops.
  var isStopped = false

  var readiness: EngineReadiness {
    if isStopped { return .failed("the coordinator is stopping") }
    switch control.phase {
    case .gathering(let present, let needed): return .loading("\(present) of \(needed) workers have joined")
    case .rollingOut(.loading(let fractions)):
      let share = fractions.reduce(0, +) / Double(max(1, fractions.count))
      return .loading("weights are \(Int(share * 10) * 10) % loaded")
    case .rollingOut: return .loading("workers are being given their layers")
    case .serving: return firstStage == nil ? .loading("the first stage is being connected") : .ready
    case .recovering(let reason): return .loading("workers are missing: \(reason)")
    case .failed(let reason): return .failed(reason)
    }
  }

  var load: ClusterLoad {
    ClusterLoad(
      isIdle: generations.isEmpty,
      lastStep: (scheduler?.counts.stepsInFlightCount ?? 0) > 0 ? lastStepChange : nil)
  }

  /// Adds a step's timings to the stages'. Where a plan has fewer stages, those that are no more keep theirs.
  mutating func add(_ timings: [StageTiming]) {
    guard timings.count == control.plan?.stages.count else { return }
    for (index, timing) in timings.enumerated() {
      if index == stageTotals.count { stageTotals.append(StageTotals()) }
      stageTotals[index].add(timing)
    }
  }

  /// Ends every generation with an error and forgets all sequences.
  mutating func failGenerations(_ error: any Error) {
    _ = scheduler?.failAll()
    let ended = generations
    generations = [:]
    metrics.noteFailures(ended.count)
    for generation in ended.values { generation.sink.finish(throwing: error) }
  }

  /// Stops the pipeline when the plan is over, in the same moment as the decision: nothing is sent under the next epoch
  /// and no result taken until that serves.
  mutating func halt(for actions: [ClusterAction]) {
    for case .interrupt(let end, let reason) in actions {
      retiredLinks += [firstStage, nextFirstStage].compactMap { $0 }
      (firstStage, nextFirstStage) = (nil, nil)
      scheduler?.suspend(after: end)
      for sequence in scheduler?.poisonedSequences ?? [] {
        fail(sequence, EngineError.failed("one plan after the other ended while the request ran; last: \(reason)"))
      }
    }
  }

  mutating func takeRetiredLinks() -> [SocketID] {
    defer { retiredLinks = [] }
    return retiredLinks
  }

  /// Lets the metrics show this moment.
  mutating func showMetrics() {
    let stages = control.plan?.stages.map { ($0.worker, $0.layers.count) } ?? []
    metrics.show(stageTotals)
    metrics.show(
      scheduler?.counts, isReady: readiness == .ready, present: Set(peers.keys),
      layers: Dictionary(stages) { first, _ in first })
  }

  /// Ends one generation with an error.
  mutating func fail(_ sequence: SequenceID, _ error: any Error) {
    scheduler?.cancel(sequence)
    guard let generation = generations.removeValue(forKey: sequence) else { return }
    metrics.noteFailures(1)
    generation.sink.finish(throwing: error)
  }
}
