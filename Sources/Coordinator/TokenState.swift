import Cluster
import Core
import Scheduling
import Transport
import Wire

/// What the token path knows: requests, the scheduler, and the plan that serves. Guarded by the token path's lock.
struct TokenState {
  /// The plan that serves. Its first stage takes steps, its last stage sends results.
  struct Serving {
    let epoch: PlanEpoch
    let firstStage: SocketID
    let stageCount: Int
  }

  var availability = Availability()
  /// Nil between plans, when no step is sent and no result is taken.
  var serving: Serving?
  /// Present from the first plan that serves; between plans it keeps the requests.
  var scheduler: Scheduler?
  var generations: [SequenceID: Generation] = [:]
  var nextSequence: UInt64 = 1
  /// When the oldest step in flight was sent, or the last result arrived.
  var lastStepChange = Duration.zero
  /// What the stages spent since the first plan served, by their place in the pipeline.
  var stageTotals: [StageTotals] = []
  /// Tokens computed again after losses since the start.
  var recoveries = RecoveryTotals()
  var history = StepHistory()
  var traces = RequestTraces()
  var metrics: RequestMetrics
  /// Set for good when the engine stops.
  var isStopped = false

  init(metrics: RequestMetrics) { self.metrics = metrics }

  var readiness: EngineReadiness {
    if isStopped { return .failed("the coordinator is stopping") }
    if availability.readiness == .ready, serving == nil { return .loading(Self.connecting) }
    return availability.readiness
  }

  private static let connecting = "the first stage is being connected"

  /// Throws why no request is admitted now. While a lost worker is being replaced requests wait with those that run.
  func checkAdmission() throws(EngineError) {
    if availability.takesRequests, !isStopped, scheduler != nil { return }
    switch readiness {
    case .failed(let reason): throw .failed(reason)
    case .loading(let reason, _): throw .notReady(reason)
    case .ready: throw .notReady(Self.connecting)
    }
  }

  var load: ClusterLoad {
    ClusterLoad(
      isIdle: generations.isEmpty, lastStep: (scheduler?.counts.stepsInFlightCount ?? 0) > 0 ? lastStepChange : nil)
  }

  /// Adds a step's timings to the totals. Stages that a smaller plan lacks keep theirs.
  mutating func add(_ timings: [StageTiming]) {
    guard timings.count == serving?.stageCount else { return }
    for (index, timing) in timings.enumerated() {
      if index == stageTotals.count { stageTotals.append(StageTotals()) }
      stageTotals[index].add(timing)
    }
  }

  /// Stops the pipeline: from now on no step is sent and no result taken. Ends requests that are found to be the cause.
  /// Returns the link to the first stage, to be closed.
  mutating func interrupt(_ cause: InterruptionCause, reason: String, now: Duration) -> SocketID? {
    defer { serving = nil }
    history.forgetInFlight()
    traces.noteInterrupted(now: now)
    scheduler?.suspend(after: cause)
    for sequence in scheduler?.poisonedSequences ?? [] {
      fail(
        sequence, EngineError.failed("plan after plan ended while the request ran; the last reason: \(reason)"),
        now: now)
    }
    return serving?.firstStage
  }

  /// Starts the pipeline: requests start or resume with what the stages still hold.
  mutating func resume(
    _ plan: Serving, limits: SchedulerLimits, choice: RecoveryChoice, now: Duration
  ) -> RecoveryReport {
    serving = plan
    traces.noteResumed(now: now)
    var scheduler = self.scheduler ?? Scheduler(limits: limits)
    let report = scheduler.resume(limits: limits, stagesHold: choice.hasAny) { choice.rebuilding($0, length: $1) }
    self.scheduler = scheduler
    recoveries.add(report)
    for sequence in report.lost {
      fail(sequence, EngineError.notReady("the remaining workers have too little cache for the request"), now: now)
    }
    return report
  }

  /// Ends every generation with an error and drops all sequences.
  mutating func failAll(_ error: any Error, now: Duration) {
    _ = scheduler?.failAll()
    let ended = generations
    generations = [:]
    metrics.noteFailures(ended.count)
    for (sequence, generation) in ended {
      traces.end(sequence, "\(error)", now: now)
      generation.sink.finish(throwing: error)
    }
  }

  /// Ends one generation with an error.
  mutating func fail(_ sequence: SequenceID, _ error: any Error, now: Duration) {
    scheduler?.cancel(sequence)
    guard let generation = generations.removeValue(forKey: sequence) else { return }
    traces.end(sequence, "\(error)", now: now)
    metrics.noteFailures(1)
    generation.sink.finish(throwing: error)
  }

  // MARK: Results

  /// Takes a step's result.
  /// - Throws: `CompletionError` when the result is not of the oldest step in flight.
  mutating func complete(
    _ result: StepResult, rows: [SequenceID: StepMessages.EntryRows], now: Duration
  ) throws {
    let updates =
      try scheduler?.complete(
        StepCompletion(
          step: result.step, entries: result.entries.map { .init(sequence: $0.sequence, sampled: $0.sampled) },
          failed: Dictionary(result.failed.map { ($0.sequence, $0.reason) }) { first, _ in first },
          slowestStageSeconds: result.timings.map { Double($0.computeNanoseconds) * 1e-9 }.max(), now: now)) ?? []
    for entry in result.entries {
      generations[entry.sequence]?.passScores(entry, logits: rows[entry.sequence]?.logits.last)
      if let row = rows[entry.sequence]?.pooled { generations[entry.sequence]?.pooled.add(row) }
    }
    history.noteCompleted(
      result.step, timings: result.timings,
      generatedTokenCount: updates.count { if case .token = $0 { true } else { false } }, now: now)
    traces.noteCompleted(result.step, result.timings)
    metrics.noteStep(sequenceCount: result.entries.count)
    for entry in result.entries where entry.sampled.count > 1 { noteDraft(entry, updates) }
    for update in updates { apply(update, now: now) }
  }

  /// A step verified guessed tokens: those before the first wrong one are reported, and the one sampled after them.
  private mutating func noteDraft(_ entry: StepResultEntry, _ updates: [SequenceUpdate]) {
    let reported = updates.count { if case .token(entry.sequence, _) = $0 { true } else { false } }
    let (drafted, accepted) = (entry.sampled.count - 1, max(0, reported - 1))
    metrics.noteDraft(drafted: drafted, accepted: accepted)
    generations[entry.sequence]?.noteDraft(drafted: drafted, accepted: accepted)
  }

  private mutating func apply(_ update: SequenceUpdate, now: Duration) {
    switch update {
    case .prefillProgress(let sequence, let done, let total):
      generations[sequence]?.pooled.weigh(upTo: done)
      generations[sequence]?.sink.yield(.prefillProgress(done: done, total: total))
    case .token(let sequence, let sampled):
      if let latency = generations[sequence]?.passToken(sampled, now: now) { metrics.note(latency) }
      traces.noteToken(sequence, now: now)
    case .finished(let sequence, let reason):
      if var generation = generations.removeValue(forKey: sequence) {
        metrics.noteEnd(reason, generation.finish(reason, now: now))
        traces.end(sequence, reason.rawValue, now: now)
      }
    case .failed(let sequence, let reason):
      fail(sequence, EngineError.failed(reason), now: now)
    }
  }
}
