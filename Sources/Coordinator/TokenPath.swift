import Cluster
import Core
import Logging
import Scheduling
import Synchronization
import Transport
import Wire

/// The path of a token: requests in, steps out, results in, events out.
///
/// Tasks of requests call `generate`, the socket thread calls `take`, the cluster driver all else. They change
/// `TokenState` under one lock, and leave only queued sends and stream events behind: no caller waits for the network.
final class TokenPath: Sendable {
  private let configuration: ClusterConfiguration
  private let loop: SocketLoop
  private let logger: Logger
  private let clock: EngineClock
  private let state: Mutex<TokenState>
  private let driver: AsyncStream<DriverEvent>.Continuation
  private let droppedResults = LogThrottle()
  private let abandoned: AsyncStream<SequenceID>
  private let abandonedSink: AsyncStream<SequenceID>.Continuation

  /// - Parameter driver: receives failed steps.
  init(
    _ configuration: ClusterConfiguration, loop: SocketLoop, clock: EngineClock, logger: Logger,
    metrics: RequestMetrics, driver: AsyncStream<DriverEvent>.Continuation
  ) {
    (self.configuration, self.loop, self.clock, self.logger, self.driver) = (configuration, loop, clock, logger, driver)
    state = Mutex(TokenState(metrics: metrics))
    (abandoned, abandonedSink) = AsyncStream.makeStream()
  }

  // MARK: Requests

  /// Admits a request.
  /// - Parameter paused: whether it waits after its prefill.
  /// - Throws: `EngineError`, `PolicyRefusal`, `PolicyArgumentError` or `InvalidParameter`.
  func start(_ request: GenerationRequest, paused: Bool) throws -> ClusterEngine.Started {
    let (stream, sink) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
    let admission = Admission(configuration: configuration)
    let sequence = try state.withLock { state in
      try state.checkAdmission()
      let sequence = SequenceID(state.nextSequence)
      let (scheduled, choice) = try admission.admit(request, as: sequence, startsPaused: paused)
      try state.scheduler?.submit(scheduled, now: clock.now)
      state.nextSequence += 1
      sink.yield(.admitted(choice))
      state.generations[sequence] = Generation(
        sink: sink, promptTokenCount: request.prompt.count, submitted: clock.now, timeout: request.timeout)
      state.traces.begin(request, as: sequence, now: clock.now)
      sendSteps(&state)
      return sequence
    }
    sink.onTermination = { [abandonedSink] termination in
      // The canceled task holds a lock here that yielding to its stream takes as well, and this class yields under its
      // own lock: taking that lock here could deadlock. So another task cancels the sequence.
      if case .cancelled = termination { abandonedSink.yield(sequence) }
    }
    return ClusterEngine.Started(sequence: sequence, events: stream)
  }

  /// Makes generations wait after their prefill, or lets them decode.
  func setPaused(_ isPaused: Bool, _ generations: [SequenceID]) {
    state.withLock { state in
      for generation in generations { state.scheduler?.setPaused(isPaused, generation) }
      sendSteps(&state)
    }
  }

  /// Cancels, on all stages, sequences whose clients have gone. Returns after `close`.
  func cancelAbandoned() async {
    for await sequence in abandoned {
      state.withLock { state in
        guard state.generations.removeValue(forKey: sequence) != nil else { return }
        state.metrics.noteAbandoned()
        state.traces.end(sequence, RequestTrace.abandoned, now: clock.now)
        state.scheduler?.cancel(sequence)
        sendSteps(&state)
      }
    }
  }

  func close() { abandonedSink.finish() }

  // MARK: Steps

  /// Sends as many steps as may be in flight.
  private func sendSteps(_ state: inout TokenState) {
    guard let serving = state.serving else { return }
    while let plan = state.scheduler?.nextStep(now: clock.now) {
      let now = clock.now
      if state.scheduler?.counts.stepsInFlightCount == 1 { state.lastStepChange = now }
      for entry in plan.entries { state.generations[entry.sequence]?.noteSent(entry, now: now) }
      state.traces.noteSent(plan, now: now)
      let decodeCount = plan.decodes.reduce(0) { $0 + $1.tokens.count }
      state.history.noteSent(
        plan.step, .init(decodeCount: decodeCount, prefillCount: plan.tokenCount - decodeCount), now: now)
      do {
        try loop.send(
          StepMessages.forward(plan, epoch: serving.epoch, hiddenSize: configuration.model.hiddenSize),
          on: serving.firstStage)
      } catch {
        driver.yield(.stepLost(serving.epoch, reason: "the first stage does not take frames: \(error)"))
        return
      }
    }
  }

  /// Takes a message of the last stage. Socket thread.
  func take(_ message: Message) {
    do {
      let (result, rows) = try StepMessages.result(message)
      state.withLock { take(result, rows, &$0) }
    } catch WireError.damaged {
      let epoch = state.withLock { $0.serving?.epoch }
      if let epoch { driver.yield(.stepLost(epoch, reason: "a result of the last stage arrived damaged")) }
    } catch {
      // Noise may come by the million, so only some of it is logged.
      if droppedResults.isDue() { logger.warning("result dropped", metadata: ["reason": "\(error)"]) }
    }
  }

  private func take(
    _ result: StepResult, _ rows: [SequenceID: StepMessages.EntryRows], _ state: inout TokenState
  ) {
    // Results of an earlier plan are void: their tokens are computed again.
    guard let serving = state.serving, result.epoch == serving.epoch,
      !(state.scheduler?.isCompleted(result.step) ?? true)
    else { return }
    state.lastStepChange = clock.now
    state.add(result.timings)
    if let failure = result.failure {
      driver.yield(.stepFailed(result.epoch, reason: failure))
      return
    }
    do {
      try state.complete(result, rows: rows, now: clock.now)
      sendSteps(&state)
    } catch {
      driver.yield(.stepLost(result.epoch, reason: "the last stage sent a result that fits no step: \(error)"))
    }
  }

  // MARK: The driver's side

  /// Takes what the driver decided: admits by `availability` from now on, and stops the pipeline when the plan has
  /// ended. Returns the links to first stages that are to be closed.
  func follow(_ actions: [ClusterAction], _ availability: Availability) -> [SocketID] {
    state.withLock { state in
      state.availability = availability
      var links: [SocketID] = []
      for case .interrupt(let cause, let reason) in actions {
        if let link = state.interrupt(cause, reason: reason, now: clock.now) { links.append(link) }
      }
      return links
    }
  }

  /// Starts the pipeline of a plan that is ready.
  func serve(_ plan: TokenState.Serving, limits: SchedulerLimits, choice: RecoveryChoice) -> RecoveryReport {
    state.withLock { state in
      let report = state.resume(plan, limits: limits, choice: choice, now: clock.now)
      sendSteps(&state)
      return report
    }
  }

  /// Ends requests that have taken longer than they said they may.
  func endLate() {
    state.withLock { state in
      let now = clock.now
      let late = state.generations.compactMapValues { $0.deadline.flatMap { $0.time <= now ? $0.timeout : nil } }
      guard !late.isEmpty else { return }
      for (sequence, timeout) in late { state.fail(sequence, EngineError.timedOut(timeout), now: now) }
      sendSteps(&state)
    }
  }

  /// Ends every request with an error.
  func failAll(_ error: any Error) { state.withLock { $0.failAll(error, now: clock.now) } }

  /// Ends every request, and admits none from now on.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.failAll(EngineError.stopped, now: clock.now)
    }
  }

  var readiness: EngineReadiness { state.withLock { $0.readiness } }
  var load: ClusterLoad { state.withLock { $0.load } }
  var counts: SchedulerCounts? { state.withLock { $0.scheduler?.counts } }
  var prefixTotals: PrefixTotals { state.withLock { $0.scheduler?.prefixTotals ?? PrefixTotals() } }
  var stageTotals: [StageTotals] { state.withLock { $0.stageTotals } }
  var recoveries: RecoveryTotals { state.withLock { $0.recoveries } }
  /// The spans of generations that ended after the first `cursor` ones. The clients of some keep no trace.
  /// - Parameter wallClock: nanoseconds since 1970, now.
  func endedSpans(after cursor: Int, wallClock: UInt64) -> EndedSpans {
    let (traces, missedCount) = state.withLock { $0.traces.ended(after: cursor, limit: EndedSpans.traceLimit) }
    let start = wallClock &- UInt64(max(0, clock.now / .nanoseconds(1)))
    return EndedSpans(
      spans: traces.filter(\.identity.isSampled)
        .flatMap { $0.spans(model: configuration.checkpoint.modelID, engineStart: start) },
      cursor: cursor + missedCount + traces.count, missedCount: missedCount)
  }

  func traces(of id: String, key: Int) -> [RequestTrace] { state.withLock { $0.traces.traces(of: id, key: key) } }
  func work(stepsAfter number: UInt64?) -> ClusterWork { state.withLock { $0.work(stepsAfter: number) } }
}
