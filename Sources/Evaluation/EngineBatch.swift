package import Inference

/// Runs many requests through an engine, several at a time so that every stage of its pipeline works, and hands their
/// results back in the order of the requests.
///
/// What else is in flight changes no result (the engine's promise), so neither does `concurrency`.
package struct EngineBatch: Sendable {
  private let engine: any InferenceEngine
  private let concurrency: Int

  /// - Parameter concurrency: requests in flight at once, at least 1; the engine must be planned for as many.
  package init(engine: any InferenceEngine, concurrency: Int) {
    self.engine = engine
    self.concurrency = max(1, concurrency)
  }

  /// The same, one request after the other: for timings.
  var oneByOne: EngineBatch { EngineBatch(engine: engine, concurrency: 1) }

  /// What one request gave.
  package struct Outcome: Sendable {
    package fileprivate(set) var policy: SelfExtendPolicy?
    /// Log-probabilities of the scored prompt tokens, in order.
    package fileprivate(set) var promptLogprobs: [Float] = []
    package fileprivate(set) var tokens: [TokenID] = []
    package fileprivate(set) var timings = GenerationTimings()
  }

  /// - Parameter progress: told the number of requests done; called one at a time.
  /// - Throws: the first failure; the other requests are cancelled.
  package func outcomes(
    of requests: [GenerationRequest], progress: (Int) -> Void = { _ in }
  ) async throws -> [Outcome] {
    try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
      var outcomes = [Outcome?](repeating: nil, count: requests.count)
      var sent = 0
      var done = 0
      func send() {
        guard sent < requests.count else { return }
        let (index, request) = (sent, requests[sent])
        group.addTask { (index, try await outcome(of: request)) }
        sent += 1
      }
      for _ in 0..<concurrency { send() }
      while let (index, outcome) = try await group.next() {
        outcomes[index] = outcome
        done += 1
        progress(done)
        send()
      }
      return outcomes.compactMap { $0 }
    }
  }

  private func outcome(of request: GenerationRequest) async throws -> Outcome {
    var outcome = Outcome()
    var isFinished = false
    for try await event in try await engine.generate(request) {
      switch event {
      case .admitted(let choice): outcome.policy = choice.policy
      case .promptLogprobs(_, let values, _): outcome.promptLogprobs += values
      case .token(let token, _, _): outcome.tokens.append(token)
      case .finished(_, let timings): (outcome.timings, isFinished) = (timings, true)
      case .prefillProgress, .promptLogits: break
      }
    }
    try Task.checkCancellation()
    guard isFinished else { throw EngineError.failed("a request ended before its end was told") }
    return outcome
  }
}
