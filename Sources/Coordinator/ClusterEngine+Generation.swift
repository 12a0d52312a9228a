import Cluster
package import Core
import Logging
import Scheduling
import Synchronization
import Transport
import Wire

/// The path of a token: requests in, steps out, results in, events out.
extension ClusterEngine {
  package func generate(
    _ request: GenerationRequest
  ) async throws -> AsyncThrowingStream<GenerationEvent, any Error> {
    try start(request).events
  }

  /// A generation with the id that `setPaused` knows it by.
  package struct Started: Sendable {
    package let sequence: SequenceID
    package let events: AsyncThrowingStream<GenerationEvent, any Error>
  }

  /// Starts a generation; throws what `generate` throws.
  /// - Parameter paused: whether it waits after its prefill, which samples one token, until `setPaused` lets it decode.
  package func start(_ request: GenerationRequest, paused: Bool = false) throws -> Started {
    let (stream, sink) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
    let admission = Admission(configuration: configuration)
    let sequence = try state.withLock { state in
      // While a lost worker is being replaced requests wait like those that run.
      if !state.control.takesRequests || state.isStopped || state.scheduler == nil {
        if case .failed(let reason) = state.readiness { throw EngineError.failed(reason) }
        if case .loading(let reason) = state.readiness { throw EngineError.notReady(reason) }
        throw EngineError.notReady("the first stage is being connected")
      }
      let sequence = SequenceID(state.nextSequence)
      let (scheduled, choice) = try admission.admit(request, as: sequence, startsPaused: paused)
      try state.scheduler?.submit(scheduled, now: now)
      state.nextSequence += 1
      sink.yield(.admitted(choice))
      state.generations[sequence] = Generation(sink: sink, promptTokenCount: request.prompt.count, submitted: now)
      sendSteps(&state)
      return sequence
    }
    sink.onTermination = { [eventSink] termination in
      // This runs under the cancelled task's own lock, which yielding to a stream takes as well: taking the engine's
      // lock here, while another thread yields under it, would be a deadlock. So it is only noted.
      if case .cancelled = termination { eventSink.yield(.abandoned(sequence)) }
    }
    return Started(sequence: sequence, events: stream)
  }

  /// Makes generations wait after their prefill, or lets them decode; they keep their pages. What is in flight
  /// completes. Unknown ids are ignored.
  package func setPaused(_ isPaused: Bool, _ generations: [SequenceID]) {
    state.withLock { state in
      for generation in generations { state.scheduler?.setPaused(isPaused, generation) }
      sendSteps(&state)
    }
  }

  /// Ends a sequence that nobody listens to, on all stages.
  func cancel(_ sequence: SequenceID) {
    state.withLock { state in
      guard state.generations.removeValue(forKey: sequence) != nil else { return }
      state.metrics.noteAbandoned()
      state.scheduler?.cancel(sequence)
      sendSteps(&state)
    }
  }

  /// Sends as many steps as may be in flight.
  func sendSteps(_ state: inout EngineState) {
    guard let link = state.firstStage else { return }
    while let plan = state.scheduler?.nextStep(now: now) {
      let now = now
      if state.scheduler?.counts.stepsInFlightCount == 1 { state.lastStepChange = now }
      for entry in plan.entries { state.generations[entry.sequence]?.noteSent(now: now) }
      do {
        try loop.send(
          StepMessages.forward(plan, epoch: state.control.epoch, hiddenSize: configuration.model.hiddenSize), on: link)
      } catch {
        eventSink.yield(.stepLost(state.control.epoch, reason: "the first stage does not take frames: \(error)"))
        return
      }
    }
  }

  /// Socket thread: a result of the last stage.
  func takeResult(_ message: Message) {
    do {
      let (result, logits) = try StepMessages.result(message)
      state.withLock { state in
        // Results of an earlier plan are void: what they say is computed again.
        guard result.epoch == state.control.epoch, state.firstStage != nil,
          !(state.scheduler?.isCompleted(result.step) ?? true)
        else { return }
        state.lastStepChange = now
        state.add(result.timings)
        do {
          if let failure = result.failure {
            eventSink.yield(.stepFailed(result.epoch, reason: failure))
            return
          }
          try complete(result, logits: logits, &state)
          sendSteps(&state)
        } catch {
          eventSink.yield(
            .stepLost(result.epoch, reason: "the last stage sent a result that fits no step: \(error)"))
        }
      }
    } catch WireError.damaged {
      eventSink.yield(
        .stepLost(state.withLock { $0.control.epoch }, reason: "a result of the last stage came damaged"))
    } catch {
      // Noise may come by the million: the log is told now and then.
      if droppedResults.isToBeTold() { logger.warning("result dropped", metadata: ["reason": "\(error)"]) }
    }
  }

  private func complete(_ result: StepResult, logits: [[Float]], _ state: inout EngineState) throws {
    let updates =
      try state.scheduler?.complete(
        StepCompletion(
          step: result.step, entries: result.entries.map { .init(sequence: $0.sequence, token: $0.token) },
          failed: Dictionary(result.failed.map { ($0.sequence, $0.reason) }) { first, _ in first },
          slowestStageSeconds: result.timings.map { Double($0.computeNanoseconds) * 1e-9 }.max(), now: now)) ?? []
    var rows = logits[...]
    var entries: [SequenceID: StepResultEntry] = [:]
    for entry in result.entries {
      entries[entry.sequence] = entry
      let row = entry.hasLogits ? rows.popFirst() : nil
      state.generations[entry.sequence]?.passScores(entry, logits: row)
    }
    for update in updates {
      switch update {
      case .prefillProgress(let sequence, let done, let total):
        state.generations[sequence]?.sink.yield(.prefillProgress(done: done, total: total))
      case .token(let sequence, let token):
        if let latency = state.generations[sequence]?.passToken(token, entry: entries[sequence], now: now) {
          state.metrics.note(latency)
        }
      case .finished(let sequence, let reason):
        if var generation = state.generations.removeValue(forKey: sequence) {
          state.metrics.noteEnd(reason, generation.finish(reason, now: now))
        }
      case .failed(let sequence, let reason):
        state.fail(sequence, EngineError.failed(reason))
      }
    }
  }
}
