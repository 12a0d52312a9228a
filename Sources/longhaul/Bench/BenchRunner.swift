import Coordinator
import Inference

/// Measures cases on a running cluster, through the same requests that users make.
struct BenchRunner: Sendable {
  let engine: ClusterEngine
  /// At least one.
  let policies: [PolicyRequest]
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

  /// One outcome for each policy.
  func measure(_ value: BenchCase, number: Int) async throws -> [Outcome] {
    switch value.kind {
    case .prefill: return try await prefill(value, number: number)
    case .decode(let count, let batch):
      return try await decode(value, count: count, batch: batch, number: number)
    }
  }

  // MARK: Prefill

  /// In turns, so that whatever else the machine does meets all policies alike; decoding, too.
  private func prefill(_ value: BenchCase, number: Int) async throws -> [Outcome] {
    var tallies = policies.map { _ in Tally() }
    for index in 0..<value.repeatCount {
      for (which, policy) in policies.enumerated() {
        // Another prompt each time: nothing of an earlier one may be found again.
        let request = request(value, policy, number: number * 1000 + index)
        let before = engine.stageTotals
        var progress = PrefillProgress()
        for try await event in try await engine.generate(request) {
          switch event {
          case .admitted(let choice): tallies[which].policy = choice.policy
          case .prefillProgress(let done, _): progress.note(done: done, at: .now)
          case .finished(_, let timings): progress.begin(secondsBeforeEnd: timings.prefillSeconds)
          case .token, .promptLogprobs, .promptLogits: break
          }
        }
        if let seconds = progress.seconds(from: value.depth) {
          tallies[which].rates.append(Double(value.promptTokenCount - value.depth) / max(seconds, 1e-9))
        }
        tallies[which].add(zip(engine.stageTotals, before).map { $0.since($1) })
      }
    }
    return try tallies.map { try $0.outcome() }
  }

  // MARK: Decode

  private func decode(_ value: BenchCase, count: Int, batch: Int, number: Int) async throws -> [Outcome] {
    var tallies = policies.map { _ in Tally() }
    let rounds = policies.count == 1 ? 1 : value.repeatCount
    for _ in 0..<rounds {
      for (which, policy) in policies.enumerated() {
        let (chosen, meter) = try await decode(
          value, policy, wanted: count * batch * value.repeatCount / rounds, batch: batch, number: number)
        tallies[which].policy = chosen
        tallies[which].rates += meter.rates(window: count * batch)
        tallies[which].add(meter.spent)
      }
    }
    return try tallies.map { try $0.outcome() }
  }

  private func decode(
    _ value: BenchCase, _ policy: PolicyRequest, wanted: Int, batch: Int, number: Int
  ) async throws -> (SelfExtendPolicy?, TokenMeter) {
    let meter = TokenMeter(
      sequenceCount: batch, warmUpTokenCount: BenchCase.warmUpTokenCount,
      wantedTokenCount: wanted, totals: { [engine] in engine.stageTotals })
    let chosen = try await withThrowingTaskGroup(of: SelfExtendPolicy?.self) { group in
      for sequence in 0..<batch {
        let request = request(value, policy, number: number * 1000 + sequence)
        group.addTask { [engine] in
          var chosen: SelfExtendPolicy?
          // Leaving the stream ends the sequence on all stages.
          for try await event in try await engine.generate(request) {
            if case .admitted(let choice) = event { chosen = choice.policy }
            if case .token = event, meter.note(sequence) { break }
          }
          return chosen
        }
      }
      return try await group.reduce(nil) { $0 ?? $1 }
    }
    return (chosen, meter)
  }

  // MARK: Requests

  private func request(_ value: BenchCase, _ policy: PolicyRequest, number: Int) -> GenerationRequest {
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
}

/// What is gathered of one policy while several take turns.
private struct Tally {
  var rates: [Double] = []
  var policy: SelfExtendPolicy?
  private var stages: [StageTotals] = []

  mutating func add(_ spent: [StageTotals]) {
    stages = stages.isEmpty ? spent : zip(stages, spent).map { $0.adding($1) }
  }

  func outcome() throws -> BenchRunner.Outcome {
    guard let samples = Samples(rates), let policy else {
      throw CommandFailure(.runtime, "the answer ended before enough tokens were measured")
    }
    return BenchRunner.Outcome(rates: samples, policy: policy, stages: stages)
  }
}

extension StageTotals {
  fileprivate func adding(_ other: StageTotals) -> StageTotals {
    var sum = self
    sum.waitSeconds += other.waitSeconds
    sum.computeSeconds += other.computeSeconds
    sum.transferSeconds += other.transferSeconds
    sum.sentByteCount += other.sentByteCount
    sum.stepCount += other.stepCount
    return sum
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
