package import Core

/// Measures a verification: perplexity, retrieval and prefill time, with plain attention and each length's policy; at
/// the longest length, perplexity and retrieval of other policies, too.
package struct VerificationRun: Sendable {
  package struct Measurements: Sendable {
    package fileprivate(set) var perplexity: [PerplexityEstimate] = []
    package fileprivate(set) var plainPerplexity: [PerplexityEstimate] = []
    package fileprivate(set) var seconds: [Double] = []
    package fileprivate(set) var plainSeconds: [Double] = []
    package fileprivate(set) var heatMaps: [ContextVerification.HeatMap] = []
    /// At the longest length; nil without other policies.
    package fileprivate(set) var comparison: PolicyComparison?
  }

  /// A length under one policy.
  private struct Way {
    let index: Int
    let policy: PositionPolicy
    let isPlain: Bool
    /// Whether it is measured only to be compared.
    var isRival = false
    var losses: [Double] = []
    /// 1 for each number found, 0 for others, in the order of the questions of all tasks.
    var finds: [Double] = []
  }

  package let lengths: [Int]
  /// One per length.
  package let policies: [PositionPolicy]
  /// To compare with the policy of the longest length and with plain attention.
  package let rivals: [PositionPolicy]
  private let tokens: [TokenID]
  private let stride: Int
  private let windowCount: Int
  private let tasks: [RetrievalTask]
  private let questions: RetrievalQuestions
  private let trialCount: Int

  package init(
    lengths: [Int], policies: [PositionPolicy], rivals: [PositionPolicy] = [], tokens: [TokenID], stride: Int,
    windowCount: Int, tasks: [RetrievalTask], questions: RetrievalQuestions, trialCount: Int
  ) {
    (self.lengths, self.policies, self.tokens, self.stride) = (lengths, policies, tokens, stride)
    (self.windowCount, self.tasks, self.questions, self.trialCount) = (windowCount, tasks, questions, trialCount)
    self.rivals = rivals.filter { $0.groups && $0 != policies.last }
  }

  /// Checks that the text is long enough, before any process starts.
  /// - Throws: `TextTooShort`.
  package func check() throws { _ = try windows() }

  private func windows() throws -> SlidingWindows {
    try SlidingWindows(
      tokenCount: tokens.count, longestLength: lengths.max() ?? 2, stride: stride, count: windowCount)
  }

  /// The measurements: a length whose policy is grouped is also measured with plain attention, the longest with the
  /// rivals.
  private var ways: [Way] {
    let ways = lengths.indices.flatMap { index -> [Way] in
      let policy = policies[index]
      guard policy.groups else { return [Way(index: index, policy: policy, isPlain: true)] }
      return [
        Way(index: index, policy: .plain(trainedLength: policy.trainedLength), isPlain: true),
        Way(index: index, policy: policy, isPlain: false),
      ]
    }
    return ways + rivals.map { Way(index: lengths.count - 1, policy: $0, isPlain: false, isRival: true) }
  }

  package var requestCount: Int {
    ways.reduce(0) { $0 + ($1.isRival ? 0 : 2) + windowCount + tasks.count * questions.depths.count * trialCount }
  }

  /// - Parameter progress: receives the number of finished requests, of `requestCount`.
  package func measure(through batch: EngineBatch, progress: (Int) -> Void) async throws -> Measurements {
    let windows = try windows()
    var results = Measurements()
    var ways = ways
    var done = 0
    func outcomes(_ requests: [GenerationRequest], alone: Bool = false) async throws -> [EngineBatch.Outcome] {
      let before = done
      let batch = alone ? batch.oneByOne : batch
      let outcomes = try await batch.outcomes(of: requests) { progress(before + $0) }
      done += requests.count
      return outcomes
    }
    for place in ways.indices {
      let way = ways[place]
      let length = lengths[way.index]
      let requests = windows.requests(windows.ends.indices, over: tokens, length: length, policy: way.policy)
      // Twice: other load on the machine only adds time.
      let timed = way.isRival ? [] : try await outcomes([requests[0], requests[0]], alone: true)
      let scored = try await outcomes(requests)
      let estimate = PerplexityEstimate(logprobs: scored.map(\.promptLogprobs))
      ways[place].losses = estimate.windowLosses
      let seconds = timed.map(\.timings.prefillSeconds).min() ?? 0
      if way.isPlain {
        results.plainPerplexity.append(estimate)
        results.plainSeconds.append(seconds)
      }
      // Within the trained context the policy is plain, and its numbers are the same.
      if isVerified(way) {
        results.perplexity.append(estimate)
        results.seconds.append(seconds)
      }
    }
    for task in tasks {
      var plain: [[ShareEstimate]] = []
      var extended: [[ShareEstimate]] = []
      for place in ways.indices {
        let way = ways[place]
        let finds = try await finds(task, way.policy, length: lengths[way.index]) { try await outcomes($0) }
        ways[place].finds += finds.map { $0 ? 1 : 0 }
        if way.isPlain { plain.append(shares(finds)) }
        if isVerified(way) { extended.append(shares(finds)) }
      }
      for (isPlain, shares) in [(false, extended), (true, plain)] {
        results.heatMaps.append(
          .init(title: task.name, isPlain: isPlain, depths: questions.depths, lengths: lengths, shares: shares))
      }
    }
    if !rivals.isEmpty { results.comparison = comparison(ways) }
    return results
  }

  /// Whether a way is the policy that its length is verified with.
  private func isVerified(_ way: Way) -> Bool { !way.isRival && (!way.isPlain || !policies[way.index].groups) }

  /// All policies at the longest length.
  private func comparison(_ ways: [Way]) -> PolicyComparison? {
    guard let length = lengths.last else { return nil }
    let candidates = ways.filter { $0.index == lengths.count - 1 }.map {
      TuningSweep.Candidate(policy: $0.policy, losses: $0.losses, finds: $0.finds)
    }
    return PolicyComparison(length: length, ranking: TuningRanking(candidates))
  }

  /// Whether each of a task's numbers is found, by depth and then trial; empty when the length is too short for its
  /// text.
  private func finds(
    _ task: RetrievalTask, _ policy: PositionPolicy, length: Int,
    ask: ([GenerationRequest]) async throws -> [EngineBatch.Outcome]
  ) async throws -> [Bool] {
    guard let prompts = try? questions.prompts(task, length: length, trials: 0..<trialCount) else { return [] }
    let outcomes = try await ask(prompts.map { questions.request(for: $0, task, policy) })
    return zip(prompts, outcomes).map { questions.answer(to: $0, $1.tokens).isFound }
  }

  /// A share for each depth.
  private func shares(_ finds: [Bool]) -> [ShareEstimate] {
    questions.depths.indices.map { depth in
      ShareEstimate(Array(finds.dropFirst(depth * trialCount).prefix(trialCount)))
    }
  }
}
