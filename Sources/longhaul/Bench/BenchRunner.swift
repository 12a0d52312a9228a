import Coordinator
import Evaluation
import Core

/// Measures cases on a running cluster through ordinary requests.
struct BenchRunner: Sendable {
  let engine: ClusterEngine
  /// Not empty.
  let policies: [PolicyRequest]
  let seed: UInt64

  /// The measurement of a case.
  struct Outcome: Sendable {
    /// Tokens per second of all sequences together.
    let rates: Samples
    let policy: PositionPolicy
    /// Time of the stages, in pipeline order.
    let stages: [StageTotals]
    /// Of the last prompt prefilled alone.
    let milestones: [Milestone]
  }

  /// Runs one request, so that first-time costs are not measured.
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

  /// Measures the policies in turns, so that other load affects all alike; so does decode.
  private func prefill(_ value: BenchCase, number: Int) async throws -> [Outcome] {
    var tallies = policies.map { _ in Tally() }
    for index in 0..<value.repeatCount {
      for (which, policy) in policies.enumerated() {
        // A new prompt each time, so that no cache can help.
        let request = request(value, policy, number: number * 1000 + index)
        let before = engine.stageTotals
        var progress = PrefillProgress()
        for try await event in try await engine.generate(request) {
          switch event {
          case .admitted(let choice): tallies[which].policy = choice.policy
          case .prefillProgress(let done, _): progress.note(done: done, at: .now)
          case .finished(_, let timings): progress.begin(secondsBeforeEnd: timings.prefillSeconds)
          case .cached, .token, .promptLogprobs, .promptLogits, .pooled: break
          }
        }
        if let seconds = progress.seconds(from: value.depth) {
          tallies[which].rates.append(Double(value.promptTokenCount - value.depth) / max(seconds, 1e-9))
        }
        tallies[which].milestones = progress.milestones
        tallies[which].add(zip(engine.stageTotals, before).map { $0.since($1) })
      }
    }
    return try tallies.map { try $0.outcome() }
  }

  // MARK: Decode

  /// Prefills all sequences of all policies; then the policies decode in turns.
  private func decode(_ value: BenchCase, count: Int, batch: Int, number: Int) async throws -> [Outcome] {
    let turns = DecodeTurns(groupCount: policies.count, on: engine)
    let meter = TurnMeter(
      groupCount: policies.count, sequenceCount: batch, warmUpTokenCount: BenchCase.warmUpTokenCount,
      tokenCount: count * batch, turnCount: value.repeatCount, totals: { [engine] in engine.stageTotals },
      setTurn: { turns.set($0) })
    var tallies = policies.map { _ in Tally() }
    try await withThrowingTaskGroup(of: (Int, PositionPolicy?, PrefillProgress).self) { group in
      for (which, policy) in policies.enumerated() {
        for sequence in 0..<batch {
          let request = request(value, policy, number: number * 1000 + sequence)
          group.addTask { [engine, request] in
            var chosen: PositionPolicy?
            var progress = PrefillProgress()
            progress.note(done: 0, at: .now)
            // Leaving the stream ends the sequence on all stages. A sequence that ends by itself releases the others.
            defer { meter.end() }
            let started = try engine.start(request, paused: true)
            turns.add(started.sequence, group: which)
            for try await event in started.events {
              if case .admitted(let choice) = event { chosen = choice.policy }
              if case .prefillProgress(let done, _) = event { progress.note(done: done, at: .now) }
              if case .token = event, meter.note(group: which, sequence: sequence) { break }
            }
            return (which, chosen, progress)
          }
        }
      }
      for try await (which, chosen, progress) in group {
        tallies[which].policy = chosen
        // Concurrent prefills do not give the time of a single one.
        if policies.count * batch == 1 { tallies[which].milestones = progress.milestones }
      }
    }
    for (which, measured) in meter.groups.enumerated() {
      tallies[which].rates = measured.rates
      tallies[which].add(measured.spent)
    }
    return try tallies.map { try $0.outcome() }
  }

  // MARK: Requests

  private func request(_ value: BenchCase, _ policy: PolicyRequest, number: Int) -> GenerationRequest {
    var request = GenerationRequest(
      prompt: prompt(count: value.promptTokenCount, number: number),
      maximumNewTokens: value.maximumNewTokens)
    request.sampling = .greedy
    request.policy = policy
    return request
  }

  /// Random token ids, the same for the same seed and number.
  private func prompt(count: Int, number: Int) -> [TokenID] {
    var draws = SeededRandom(seed: seed, number)
    let size = max(1, engine.configuration.model.vocabularySize)
    return (0..<count).map { _ in TokenID(draws.number(below: size)) }
  }
}

/// The measurements of one policy while several take turns.
private struct Tally {
  var rates: [Double] = []
  var policy: PositionPolicy?
  var milestones: [Milestone] = []
  private var stages: [StageTotals] = []

  mutating func add(_ spent: [StageTotals]) {
    stages = stages.isEmpty ? spent : zip(stages, spent).map { $0.adding($1) }
  }

  func outcome() throws -> BenchRunner.Outcome {
    guard let samples = Samples(rates), let policy else {
      throw CommandFailure(.runtime, "the generation ended before enough tokens were measured")
    }
    return BenchRunner.Outcome(rates: samples, policy: policy, stages: stages, milestones: milestones)
  }
}
