import Cluster
import Core
import Scheduling

/// The coordinator process: the real control and scheduler, and what the engine does around them.
struct SimulatedCoordinator {
  static let configuration = ModelConfiguration(
    name: "toy", architecture: "llama", layerCount: ToyModel.layerCount, hiddenSize: 64, feedForwardSize: 128,
    queryHeadCount: 4, keyValueHeadCount: 2, headDimension: 16, vocabularySize: 32_000, trainedLength: 512,
    normEpsilon: 1e-5, rope: RopeConfiguration(base: 10_000, rotaryDimension: 16, layout: .halfSplit, scaling: .none),
    hasTiedHead: false)

  var life = 0
  var isAlive = true
  var pausedUntil = Duration.zero
  var control: ClusterControl
  var scheduler: Scheduler?
  var isServing = false
  var servedEpoch: PlanEpoch?
  /// What the workers said they still have, since they were last assigned.
  var held: [String: [ResidentSequence]] = [:]
  var lastStep = Duration.zero
  var requests: [SequenceID: SimulatedRequest] = [:]
  /// Requests that others begin as, the newest first.
  var donors: [SimulatedRequest] = []
  /// Which page takes another's place, and pages that were given out although they have a holder.
  var aliases: [PageID: PageID] = [:]
  var doubledPages: [PageID] = []
  /// The page that each sequence fills.
  var lastPages: [SequenceID: PageID] = [:]
  /// All pages of each sequence, also of one that waits again.
  var pagesOf: [SequenceID: [PageID]] = [:]
  let pressure: PagePressure?
  /// Each life counts from one, as the product does.
  var nextSequence: UInt64 = 1
  /// The connection of every worker that is a member.
  var peers: [String: Int] = [:]

  init(workerCount: Int, firstEpoch: UInt32, now: Duration, pressure: PagePressure? = nil) {
    self.pressure = pressure
    let planner = LayerPlanner(
      configuration: Self.configuration,
      weights: WeightFootprint(
        layerByteCounts: Array(repeating: 1000, count: ToyModel.layerCount), embeddingByteCount: 0, headByteCount: 0),
      demand: KVDemand(elementType: .i16, contextLength: 256, sequenceCount: 4, chunkTokenCount: 16),
      processByteCount: 0)
    control = ClusterControl(
      settings: ClusterSettings(neededWorkerCount: workerCount), planner: planner,
      firstEpoch: PlanEpoch(firstEpoch), now: now)
  }

  /// The process that is started in its place, not yet alive.
  func successor(firstEpoch: UInt32, now: Duration) -> SimulatedCoordinator {
    var next = SimulatedCoordinator(
      workerCount: control.settings.neededWorkerCount, firstEpoch: firstEpoch, now: now, pressure: pressure)
    next.life = life + 1
    next.isAlive = false
    return next
  }

  var takesRequests: Bool { isAlive && control.takesRequests && scheduler != nil }

  var limits: SchedulerLimits? {
    control.plan.map { plan in
      SchedulerLimits(
        stageCount: plan.stages.count, stepTokenBudget: 32, chunkTokenCount: 16, maximumRunningSequences: 4,
        maximumWaitingRequests: 1000, pageCount: min(plan.pageCount, pressure?.pageCount ?? .max), contextLength: 256,
        adaptsChunks: pressure?.adaptsChunks ?? false, growsPages: pressure != nil)
    }
  }

  var load: ClusterLoad {
    ClusterLoad(
      isIdle: requests.values.allSatisfy(\.isOver),
      lastStep: (scheduler?.counts.stepsInFlightCount ?? 0) > 0 ? lastStep : nil)
  }

  /// In the same moment as the decision, as in the engine.
  mutating func halt(for actions: [ClusterAction], bug: PlantedBug?) {
    for case .interrupt(let end, _) in actions {
      if bug != .sendsBetweenPlans { isServing = false }
      if bug != .noRewind { scheduler?.suspend(after: end) }
    }
  }

  mutating func serve(bug: PlantedBug?, report: inout SimulationReport) {
    guard let limits else { return }
    isServing = true
    if scheduler == nil { scheduler = Scheduler(limits: limits) }
    let choice = RecoveryChoice(held: control.plan?.stages.map { held[$0.worker] ?? [] } ?? [])
    if bug != .noRewind {
      report.add(
        scheduler?.resume(limits: limits, stagesHold: choice.hasAny) {
          bug == .holdingsAssumed ? StageSet() : choice.rebuilding($0, length: $1)
        })
    }
    servedEpoch = control.epoch
    if bug == .tellsTwice {
      for sequence in scheduler?.runningSequences ?? [] {
        if let last = requests[sequence]?.received.last { requests[sequence]?.received.append(last) }
      }
    }
  }
}
