import Foundation
import Inference
import Synchronization
import Tensors
import Transformer
import Transport
import Weights
import Wire

/// The worker's compute thread: loads the stage it is assigned, then turns each forward frame into the next stage's
/// frame or the coordinator's result. One for the life of a worker.
///
/// Work comes through a bounded queue; what it makes goes out through `StageOutput` and `report`, which only enqueue.
/// A stage that is assigned again under a new epoch keeps its weights.
final class StageRunner: Sendable {
  /// Told to the worker's service from the compute thread.
  enum Report: Sendable {
    case loading(Double)
    /// Something worth a line in the log about weights; of the second kind when the operator should know.
    case note(String)
    case warning(String)
    /// How it goes with weights that are fetched in advance.
    case ahead(String)
    /// The replay log's disk does not do what it should.
    case replayTrouble(String)
    case ready(layers: LayerRange, weightByteCount: Int, kvByteCount: Int, held: [HeldSequence], wasLoaded: Bool)
    /// All sequences are dropped, as asked.
    case forgotten
    /// A frame that could not be read was dropped.
    case rejected(String)
    /// The stage could not be loaded, or its frames cannot be sent on.
    case failed(String)
  }

  private let checkpoints: CheckpointSettings
  private let held: HeldWeights
  private let threadCount: Int
  private let placement: ThreadPlacement
  private let logBudget: ReplayLogBudget
  private let packsFirst: Bool
  private let queue = WorkQueue(capacity: 256, byteLimit: WireLimits.maximumPayloadByteCount)
  private let progressCount = Atomic<UInt64>(0)
  private let rejections = RareNews()
  private let diskTroubles = RareNews()
  /// What the step in hand should take; 0 between steps.
  private let stepMilliseconds = Atomic<Int>(0)
  /// The epoch last assigned, so that a load nobody waits for any more ends early.
  private let wantedEpoch = Atomic<UInt32>(0)
  private let report: @Sendable (PlanEpoch, Report) -> Void

  init(
    checkpoints: CheckpointSettings, held: HeldWeights, threadCount: Int, placement: ThreadPlacement,
    logBudget: ReplayLogBudget, packsFirst: Bool, report: @escaping @Sendable (PlanEpoch, Report) -> Void
  ) {
    self.checkpoints = checkpoints
    self.held = held
    self.threadCount = threadCount
    self.placement = placement
    self.logBudget = logBudget
    self.packsFirst = packsFirst
    self.report = report
  }

  /// Counts layers computed, so that a hung thread can be told from an idle one.
  var progress: UInt64 { progressCount.load(ordering: .relaxed) }

  /// What the step in hand should take by experience, at least 1; nil between steps.
  var expectedStepMilliseconds: Int? {
    let value = stepMilliseconds.load(ordering: .relaxed)
    return value == 0 ? nil : value
  }

  /// Starts the compute thread.
  func start() {
    let thread = Thread { [self] in run() }
    thread.name = "compute"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Gives the thread another stage; what it was given before is void.
  func assign(_ assignment: StageAssignment, output: StageOutput, supply: StageSupply) {
    wantedEpoch.store(assignment.epoch.rawValue, ordering: .relaxed)
    queue.replaceAll(with: .assign(assignment, output: output, supply: supply))
  }

  /// Has a stage's weights fetched in advance, as long as there is nothing else to do.
  func expect(_ assignment: StageAssignment, supply: StageSupply) {
    queue.push(expected: assignment, supply: supply)
  }

  /// Drops all sequences; the stage itself stays loaded.
  func forget() {
    wantedEpoch.store(0, ordering: .relaxed)
    queue.replaceAll(with: .forget)
  }

  /// Takes a frame for the compute thread. False when too many wait.
  func take(_ message: Message) -> Bool { queue.push(frame: message) }

  /// Ends the thread after the frame it is at.
  func stop() { queue.close() }

  // MARK: Compute thread

  private func run() {
    var stage: ServingStage?
    var pace = StepPace()
    var turns = PackingTurns()
    let source = StageCheckpoint(checkpoints, threadCount: threadCount, held: held)
    while true {
      while let loaded = stage?.stage, !loaded.isPacked, !queue.hasWork(within: PackingTurns.idleSeconds) {
        loaded.packMore(for: PackingTurns.idleTurn)
      }
      guard let work = queue.pop() else { return }
      switch work {
      case .forget:
        stage?.forget()
        source.forgetCoordinator()
        report(PlanEpoch(0), .forgotten)
      case .expect(let assignment, let supply): fetchAhead(assignment, source, supply)
      case .assign(let assignment, let output, let supply):
        stage = take(assignment, output: output, current: stage.take()) {
          try load(assignment, output: output, source, supply)
        }
        if stage == nil { pace = StepPace() }
        turns = PackingTurns()
      case .frame(let sealed):
        guard let (epoch, index) = stage.map({ ($0.assignment.epoch, $0.assignment.stageIndex) }) else { continue }
        do {
          guard let message = try whole(sealed, stage) else { continue }
          guard let header = try stage?.read(message) else { continue }
          if let turn = turns.beforeStep {
            stage?.stage.packMore(for: turn) { self.progressCount.add(1, ordering: .relaxed) }
          }
          // A step that nobody could measure yet is given its time; the clock runs from here.
          let rows = header.rowCount(readBy: index)
          stepMilliseconds.store(max(1, Int(min(pace.expectedSeconds(rows: rows), 3600) * 1000)), ordering: .relaxed)
          let elapsed = try ContinuousClock().measure {
            try stage?.serve(header, message) { self.progressCount.add(1, ordering: .relaxed) }
          }
          if rows > 0 {
            pace.note(rows: rows, seconds: elapsed.inSeconds)
            turns.note(elapsed)
          }
        } catch let error as WireError {
          // Noise may come by the million: the log is told now and then.
          if rejections.isToBeTold() { report(epoch, .rejected("\(error)")) }
        } catch {
          report(epoch, .failed("\(error)"))
        }
        stepMilliseconds.store(0, ordering: .relaxed)
      }
    }
  }

  /// Fetches what may be needed, slowly, and stops as soon as something else is to be done. No failure of it matters.
  private func fetchAhead(_ assignment: StageAssignment, _ source: StageCheckpoint, _ supply: StageSupply) {
    do {
      try source.fetchAhead(assignment, from: supply) { [queue, report] news in
        if queue.isUrgent { throw SupersededLoad() }
        switch news {
        case .share: break
        case .note(let words), .warning(let words): report(assignment.epoch, .ahead(words))
        }
      }
    } catch is SupersededLoad {
      report(assignment.epoch, .ahead("stopped: there is something else to do"))
    } catch {
      report(assignment.epoch, .ahead("\(error)"))
    }
  }

  /// The message as its sender made it; nil when it was damaged on its way, which is passed on as a lost step.
  private func whole(_ message: Message, _ stage: ServingStage?) throws -> Message? {
    switch message.opened() {
    case .whole(let message): return message
    case .damaged:
      try stage?.lose("a frame came damaged")
      return nil
    case .unsealed: throw WireError.field("seal", reason: "is missing")
    }
  }

  /// The stage that serves the assignment: the current one where it holds the same, else one that is loaded. Nil, and
  /// reported, when that fails; nil without a word when another assignment has come meanwhile.
  private func take(
    _ assignment: StageAssignment, output: StageOutput, current: consuming ServingStage?,
    load: () throws -> ServingStage
  ) -> ServingStage? {
    do {
      let stage: ServingStage
      let wasLoaded = current?.canServe(assignment) ?? false
      if wasLoaded, let current {
        current.begin(assignment, output: output)
        stage = current
      } else {
        // What is held now may be in the way of what is to come.
        current = nil
        stage = try load()
      }
      queue.limit(to: stage.waitingByteLimit)
      report(
        assignment.epoch,
        .ready(
          layers: assignment.layers, weightByteCount: stage.weightByteCount, kvByteCount: stage.kvByteCount,
          held: stage.heldSequences, wasLoaded: wasLoaded))
      return stage
    } catch is SupersededLoad {
      return nil
    } catch {
      report(assignment.epoch, .failed("\(error)"))
      return nil
    }
  }

  private func load(
    _ assignment: StageAssignment, output: StageOutput, _ source: StageCheckpoint, _ supply: StageSupply
  ) throws -> ServingStage {
    func checkWanted() throws {
      guard wantedEpoch.load(ordering: .relaxed) == assignment.epoch.rawValue else { throw SupersededLoad() }
    }
    // Whoever waits for the stage knows from now on that it is under way.
    report(assignment.epoch, .loading(0))
    // Pieces are many; a coordinator is told of every two thousandth of the work.
    var told = 0.0
    let checkpoint = try source.find(assignment, from: supply) { [report] news in
      try checkWanted()
      switch news {
      case .share(let share):
        guard share - told >= 0.0005 else { return }
        told = share
        report(assignment.epoch, .loading(share / 2))
      case .note(let words): report(assignment.epoch, .note(words))
      case .warning(let words): report(assignment.epoch, .warning(words))
      }
    }
    // What was found counts as half of the work where it had to be looked for.
    let found = assignment.sharesWeights ? 0.5 : 0
    let isLast = assignment.stageIndex == assignment.stageCount - 1
    let pool = try ComputePool(threadCount: threadCount, placement: placement)
    let weights = try StageWeights(
      checkpoint, layers: assignment.layers, hasEmbedding: assignment.stageIndex == 0, hasHead: isLast, pool: pool,
      pace: packsFirst ? nil : MemoryPace()
    ) { fraction in
      try checkWanted()
      report(assignment.epoch, .loading(found + (1 - found) * fraction))
    }
    if !weights.isPacked {
      report(
        assignment.epoch,
        .note(
          "memory is slow to be had here: \(weights.unpackedByteCount) of \(weights.byteCount) bytes are packed while "
            + "the stage serves"))
    }
    let stage = try PipelineStage(
      configuration: try checkpoint.configuration, weights: weights, pageCount: assignment.pageCount,
      kvElementType: assignment.kvElementType, contextLength: assignment.contextLength,
      rowCapacity: assignment.maximumStepTokenCount, pool: pool)
    return ServingStage(
      assignment, output: output, stage: stage, weightByteCount: weights.byteCount,
      log: isLast ? ReplayLog(width: 0, byteLimit: 0) : log(for: stage, weightByteCount: weights.byteCount))
  }

  private func log(for stage: PipelineStage, weightByteCount: Int) -> ReplayLog {
    logBudget.log(
      width: stage.configuration.hiddenSize, besideWeights: weightByteCount, keysAndValues: stage.kvByteCount
    ) { [self] words in
      guard diskTroubles.isToBeTold() else { return }
      report(PlanEpoch(wantedEpoch.load(ordering: .relaxed)), .replayTrouble(words))
    }
  }
}

/// Another assignment came while this one's stage was being loaded.
private struct SupersededLoad: Error {}
