import Core

/// Runs prompts to completion, for responses without streaming.
struct AnswerCollector: Sendable {
  let engine: any InferenceEngine
  let codec: any TextCodec

  /// Completions in order; a few run at once. The first failure cancels the others.
  func collect(_ prepared: [PreparedAnswer]) async throws -> [FinishedAnswer] {
    try await withThrowingTaskGroup(of: (Int, FinishedAnswer).self) { group in
      var answers = [FinishedAnswer?](repeating: nil, count: prepared.count)
      for (index, one) in prepared.enumerated() {
        if index >= RequestLimits.concurrentPromptCount, let (done, answer) = try await group.next() {
          answers[done] = answer
        }
        group.addTask { (index, try await collect(one)) }
      }
      for try await (done, answer) in group { answers[done] = answer }
      return answers.compactMap { $0 }
    }
  }

  /// Dropping the event stream on return or throw cancels a running generation.
  private func collect(_ prepared: PreparedAnswer) async throws -> FinishedAnswer {
    let clock = ContinuousClock()
    do {
      var assembler = AnswerAssembler(prepared, codec: codec, start: clock.now)
      var pieces: [AnswerDelta] = []
      for try await event in try await engine.generate(prepared.generation) {
        switch assembler.take(event, now: clock.now) {
        case .nothing, .progress: continue
        case .text(let delta): pieces.append(delta)
        case .end(let delta, let end): return FinishedAnswer(prepared, pieces + [delta], end)
        }
      }
      try Task.checkCancellation()
      throw EngineError.failed("the engine ended the answer without saying why")
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw APIError(cause: error, promptTokenCount: prepared.generation.prompt.count)
    }
  }
}
