import Core
import Tensors
import Transformer
import Transport
import Wire

/// What the compute thread does: takes the stage that is assigned, has the loader load what it does not hold, and turns
/// each frame into the next stage's frame or the coordinator's result. Confined to that thread.
final class ComputeThread {
  private enum Phase {
    case idle
    /// The loader has been asked for it.
    case loading(StageAssignment, StageOutput)
    case serving(ServingStage)
  }

  private let queue: WorkQueue
  private let loader: StageLoader
  private let meter: StepMeter
  private let threadCount: Int
  private let placement: ThreadPlacement
  private let logBudget: ReplayLogBudget
  private let report: @Sendable (PlanEpoch, StageRunner.Report) -> Void

  private var phase = Phase.idle
  /// Computes every stage; lent to the loader while there is none. Made for the first stage.
  private var pool: ComputePool?
  private var pace = StepTimeEstimator()
  private var turns = PackingTurns()
  private let rejections = LogThrottle()
  private let diskTroubles = LogThrottle()

  init(
    queue: WorkQueue, loader: StageLoader, meter: StepMeter, threadCount: Int, placement: ThreadPlacement,
    logBudget: ReplayLogBudget, report: @escaping @Sendable (PlanEpoch, StageRunner.Report) -> Void
  ) {
    self.queue = queue
    self.loader = loader
    self.meter = meter
    self.threadCount = threadCount
    self.placement = placement
    self.logBudget = logBudget
    self.report = report
  }

  /// Returns when the queue is closed.
  func run() {
    while true {
      packWhileIdle()
      guard let work = queue.pop() else { return }
      switch work {
      case .assign(let assignment, let output): begin(assignment, output)
      case .loaded(let loaded): serve(loaded)
      case .frame(let message): step(message)
      case .forget: forget()
      }
    }
  }

  // MARK: Which stage

  private func begin(_ assignment: StageAssignment, _ output: StageOutput) {
    turns = PackingTurns()
    if case .serving(let stage) = phase, stage.canServe(assignment) {
      loader.cancel()
      stage.begin(assignment, output: output)
      return reportReady(stage, wasLoaded: true)
    }
    // What is held now may be in the way of what is to come.
    phase = .loading(assignment, output)
    report(assignment.epoch, .loading)
    do {
      let pool = try self.pool ?? ComputePool(threadCount: threadCount, placement: placement)
      self.pool = pool
      loader.load(assignment, pool: pool) { [queue] in queue.push(loaded: $0) }
    } catch {
      phase = .idle
      report(assignment.epoch, .failed("\(error)"))
    }
  }

  private func serve(_ loaded: LoadedStage) {
    // Another assignment, or none, may have taken its place meanwhile.
    guard case .loading(let assignment, let output) = phase, assignment.epoch == loaded.epoch else { return }
    let stage = ServingStage(
      assignment, output: output, stage: loaded.stage, weightByteCount: loaded.weightByteCount,
      log: log(for: loaded, of: assignment))
    phase = .serving(stage)
    pace = StepTimeEstimator()
    reportReady(stage, wasLoaded: false)
  }

  private func reportReady(_ stage: ServingStage, wasLoaded: Bool) {
    queue.limit(to: stage.waitingByteLimit)
    report(
      stage.assignment.epoch,
      .ready(
        layers: stage.assignment.layers, weightByteCount: stage.weightByteCount, kvByteCount: stage.kvByteCount,
        held: stage.residentSequences, wasLoaded: wasLoaded))
  }

  private func forget() {
    loader.leaveCoordinator()
    switch phase {
    case .serving(let stage): stage.forget()
    case .loading, .idle: phase = .idle
    }
    report(PlanEpoch(0), .forgotten)
  }

  /// The last stage sends results, which need no log.
  private func log(for loaded: LoadedStage, of assignment: StageAssignment) -> ReplayLog {
    guard assignment.stageIndex < assignment.stageCount - 1 else { return ReplayLog(width: 0, byteLimit: 0) }
    return logBudget.log(
      width: loaded.stage.configuration.hiddenSize, besideWeights: loaded.weightByteCount,
      keysAndValues: loaded.stage.kvByteCount
    ) { [diskTroubles, report] text in
      if diskTroubles.isToBeTold() { report(assignment.epoch, .replayTrouble(text)) }
    }
  }

  // MARK: Steps

  private func step(_ sealed: Message) {
    guard case .serving(let stage) = phase else { return }
    do {
      guard let message = try stage.verified(sealed), let header = try stage.read(message) else { return }
      packBeforeStep(stage)
      // The clock starts after packing, so that a first step gets the time that it is expected to take.
      let rows = header.rowCount(readBy: stage.assignment.stageIndex)
      let elapsed = try meter.measure(expectedSeconds: pace.expectedSeconds(rows: rows)) {
        try stage.serve(header, message) { meter.advance() }
      }
      guard rows > 0 else { return }
      pace.note(rows: rows, seconds: elapsed.inSeconds)
      turns.note(elapsed)
    } catch let error as WireError {
      // Noise may come by the million: the log gets a line now and then.
      if rejections.isToBeTold() { report(stage.assignment.epoch, .rejected("\(error)")) }
    } catch {
      report(stage.assignment.epoch, .failed("\(error)"))
    }
  }

  // MARK: Packing

  private func packWhileIdle() {
    guard case .serving(let stage) = phase else { return }
    while !stage.stage.isPacked, !queue.hasWork(within: PackingTurns.idleSeconds) {
      stage.stage.packMore(for: PackingTurns.idleTurn)
    }
  }

  private func packBeforeStep(_ stage: ServingStage) {
    guard let turn = turns.beforeStep else { return }
    stage.stage.packMore(for: turn) { meter.advance() }
  }
}
