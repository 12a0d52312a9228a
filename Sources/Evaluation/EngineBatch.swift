package import Core

/// Runs many requests on an engine, several at a time to keep all stages busy, and returns their results in request
/// order.
///
/// Concurrent requests never change a result, so `concurrency` does not either.
package struct EngineBatch: Sendable {
  private let engine: any InferenceEngine
  private let concurrency: Int

  /// - Parameter concurrency: maximum requests in flight, at least 1; the plan must hold as many sequences.
  package init(engine: any InferenceEngine, concurrency: Int) {
    self.engine = engine
    self.concurrency = max(1, concurrency)
  }

  /// The same batch with one request at a time, for timings.
  var oneByOne: EngineBatch { EngineBatch(engine: engine, concurrency: 1) }

  /// The result of one request.
  package struct Outcome: Sendable {
    package fileprivate(set) var policy: PositionPolicy?
    /// Log-probabilities of the scored prompt tokens, in order.
    package fileprivate(set) var promptLogprobs: [Float] = []
    package fileprivate(set) var tokens: [TokenID] = []
    package fileprivate(set) var timings = GenerationTimings()
  }

  /// - Parameter progress: receives the number of finished requests; calls do not overlap.
  /// - Throws: the first failure, after canceling the other requests.
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
      case .cached, .prefillProgress, .promptLogits, .pooled: break
      }
    }
    try Task.checkCancellation()
    guard isFinished else { throw EngineError.failed("a request ended without a final event") }
    return outcome
  }
}
