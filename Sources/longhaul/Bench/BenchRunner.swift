import Coordinator
import Inference

/// Measures cases on a running cluster, through the same requests that users make.
struct BenchRunner: Sendable {
  let engine: ClusterEngine
  let policy: PolicyRequest
  /// The fewest tokens of a prompt that a step may read.
  let leastChunk: Int
  let seed: UInt64

  /// What a case gave.
  struct Outcome: Sendable {
    /// Tokens a second, all sequences together.
    let rates: Samples
    let policy: SelfExtendPolicy
    /// What the stages spent meanwhile, in pipeline order.
    let stages: [StageTotals]
  }

  /// Touches what is touched for the first time only once.
  func warmUp() async throws {
    var request = GenerationRequest(prompt: prompt(count: 32, number: 0), maximumNewTokens: 4)
    request.sampling = .greedy
    for try await _ in try await engine.generate(request) {}
  }

  func measure(_ value: BenchCase, number: Int) async throws -> Outcome {
    switch value.kind {
    case .prefill: try await prefill(value, number: number)
    case .decode(let count, let batch): try await decode(value, count: count, batch: batch, number: number)
    }
  }

  // MARK: Prefill

  private func prefill(_ value: BenchCase, number: Int) async throws -> Outcome {
    var rates: [Double] = []
    var policy: SelfExtendPolicy?
    let before = engine.stageTotals
    for index in 0..<value.repeatCount {
      // Another prompt each time: nothing of an earlier one may be found again.
      let request = request(value, number: number * 1000 + index)
      // The end of the last chunk within the depth: where one is measured from.
      var start: (time: ContinuousClock.Instant, done: Int)?
      for try await event in try await engine.generate(request) {
        switch event {
        case .admitted(let choice): policy = choice.policy
        case .prefillProgress(let done, _): if done <= value.depth { start = (.now, done) }
        case .token:
          if let start {
            rates.append(Double(value.promptTokenCount - start.done) / max((.now - start.time).inSeconds, 1e-9))
          }
        case .finished(_, let timings):
          if start == nil {
            rates.append(Double(value.promptTokenCount) / max(timings.prefillSeconds, 1e-9))
          }
        case .promptLogprobs, .promptLogits: break
        }
      }
    }
    return try outcome(rates, policy, zip(engine.stageTotals, before).map { $0.since($1) })
  }

  // MARK: Decode

  private func decode(_ value: BenchCase, count: Int, batch: Int, number: Int) async throws -> Outcome {
    let meter = TokenMeter(
      sequenceCount: batch, warmUpTokenCount: BenchCase.warmUpTokenCount,
      wantedTokenCount: count * batch * value.repeatCount, totals: { [engine] in engine.stageTotals })
    let policy = try await withThrowingTaskGroup(of: SelfExtendPolicy?.self) { group in
      for sequence in 0..<batch {
        let request = request(value, number: number * 1000 + sequence)
        group.addTask { [engine] in
          var policy: SelfExtendPolicy?
          // Leaving the stream ends the sequence on all stages.
          for try await event in try await engine.generate(request) {
            if case .admitted(let choice) = event { policy = choice.policy }
            if case .token = event, meter.note(sequence) { break }
          }
          return policy
        }
      }
      return try await group.reduce(nil) { $0 ?? $1 }
    }
    return try outcome(meter.rates(window: count * batch), policy, meter.spent)
  }

  // MARK: Requests

  private func request(_ value: BenchCase, number: Int) -> GenerationRequest {
    var request = GenerationRequest(
      prompt: prompt(count: value.promptTokenCount, number: number),
      maximumNewTokens: value.maximumNewTokens(leastChunk: leastChunk))
    request.sampling = .greedy
    request.policy = policy
    return request
  }

  /// Token ids at random, the same for the same seed and number.
  private func prompt(count: Int, number: Int) -> [TokenID] {
    var generator = SplitMix(state: seed &+ UInt64(number) &* 0x1_0000_0001)
    let size = UInt64(max(1, engine.configuration.model.vocabularySize))
    return (0..<count).map { _ in TokenID(truncatingIfNeeded: generator.next() % size) }
  }

  private func outcome(
    _ rates: [Double], _ policy: SelfExtendPolicy?, _ stages: [StageTotals]
  ) throws -> Outcome {
    guard let samples = Samples(rates), let policy else {
      throw CommandFailure(.runtime, "the answer ended before enough tokens were measured")
    }
    return Outcome(rates: samples, policy: policy, stages: stages)
  }
}

/// Random numbers that are the same everywhere.
private struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
