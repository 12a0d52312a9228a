import Backend
import Core
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
  private let device: any StageDevice
  private let logBudget: ReplayLogBudget
  private let report: @Sendable (PlanEpoch, StageRunner.Report) -> Void

  private var phase = Phase.idle
  private var pace = StepTimeEstimator()
  private var turns = IdleTurns()
  private let rejections = LogThrottle()
  private let diskTroubles = LogThrottle()

  init(
    queue: WorkQueue, loader: StageLoader, meter: StepMeter, device: any StageDevice, logBudget: ReplayLogBudget,
    report: @escaping @Sendable (PlanEpoch, StageRunner.Report) -> Void
  ) {
    self.queue = queue
    self.loader = loader
    self.meter = meter
    self.device = device
    self.logBudget = logBudget
    self.report = report
  }

  /// Returns when the queue is closed.
  func run() {
    while true {
      idleUntilWork()
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
    turns = IdleTurns()
    if case .serving(let stage) = phase, stage.canServe(assignment) {
      loader.cancel()
      stage.begin(assignment, output: output)
      return reportReady(stage, wasLoaded: true)
    }
    // What is held now may be in the way of what is to come.
    phase = .loading(assignment, output)
    report(assignment.epoch, .loading)
    do {
      try device.start()
      loader.load(assignment) { [queue] in queue.push(loaded: $0) }
    } catch {
      phase = .idle
      report(assignment.epoch, .failed("\(error)"))
    }
  }

  private func serve(_ loaded: LoadedStage) {
    // Another assignment, or none, may have taken its place meanwhile.
    guard case .loading(let assignment, let output) = phase, assignment.epoch == loaded.epoch else { return }
    let stage = ServingStage(
      assignment, output: output, backend: loaded.backend, log: log(for: loaded.backend.facts, of: assignment))
    phase = .serving(stage)
    pace = StepTimeEstimator()
    reportReady(stage, wasLoaded: false)
  }

  private func reportReady(_ stage: ServingStage, wasLoaded: Bool) {
    queue.limit(to: stage.waitingByteLimit)
    report(
      stage.assignment.epoch,
      .ready(
        layers: stage.assignment.place.layers, weightByteCount: stage.backend.facts.weightByteCount,
        kvByteCount: stage.backend.facts.kvByteCount, held: stage.residentSequences, wasLoaded: wasLoaded))
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
  private func log(for facts: StageFacts, of assignment: StageAssignment) -> ReplayLog {
    guard !assignment.place.isLast else { return ReplayLog(width: 0, byteLimit: 0) }
    return logBudget.log(
      width: facts.hiddenSize, besideWeights: facts.weightByteCount, keysAndValues: facts.kvByteCount
    ) { [diskTroubles, report] text in
      if diskTroubles.isDue() { report(assignment.epoch, .replayTrouble(text)) }
    }
  }

  // MARK: Steps

  private func step(_ sealed: Message) {
    guard case .serving(let stage) = phase else { return }
    do {
      guard let message = try stage.verified(sealed), let header = try stage.read(message) else { return }
      idleBeforeStep(stage)
      // The clock starts after the turn, so that a first step gets the time that it is expected to take.
      let place = stage.assignment.place
      let (rows, depth) = (header.rowCount(computedBy: place.index), header.depth(computedBy: place.index))
      let expected = pace.expectedSeconds(rows: rows, depth: depth)
      let elapsed = try meter.measure(expectedSeconds: expected, layerCount: place.layers.count) {
        try stage.serve(header, message) { meter.advance() }
      }
      guard rows > 0 else { return }
      pace.note(rows: rows, depth: depth, seconds: elapsed.inSeconds)
      turns.note(elapsed)
    } catch let error as WireError {
      // Noise may come by the million: the log gets a line now and then.
      if rejections.isDue() { report(stage.assignment.epoch, .rejected("\(error)")) }
    } catch {
      report(stage.assignment.epoch, .failed("\(error)"))
    }
  }

  // MARK: Between steps

  private func idleUntilWork() {
    guard case .serving(let stage) = phase else { return }
    while stage.backend.hasIdleWork, !queue.hasWork(within: IdleTurns.idleSeconds) {
      stage.backend.idle(for: IdleTurns.idleTurn) {}
    }
  }

  private func idleBeforeStep(_ stage: ServingStage) {
    guard let turn = turns.beforeStep, stage.backend.hasIdleWork else { return }
    stage.backend.idle(for: turn) { meter.advance() }
  }
}
