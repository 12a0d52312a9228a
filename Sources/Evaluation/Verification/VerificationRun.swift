package import Core

/// Measures a verification: perplexity, retrieval and prefill time, with plain attention and each length's policy.
package struct VerificationRun: Sendable {
  package struct Measurements: Sendable {
    package fileprivate(set) var perplexity: [PerplexityEstimate] = []
    package fileprivate(set) var plainPerplexity: [PerplexityEstimate] = []
    package fileprivate(set) var seconds: [Double] = []
    package fileprivate(set) var plainSeconds: [Double] = []
    package fileprivate(set) var heatMaps: [ContextVerification.HeatMap] = []
  }

  package let lengths: [Int]
  /// One per length.
  package let policies: [PositionPolicy]
  private let tokens: [TokenID]
  private let stride: Int
  private let windowCount: Int
  private let tasks: [RetrievalTask]
  private let questions: RetrievalQuestions
  private let trialCount: Int

  package init(
    lengths: [Int], policies: [PositionPolicy], tokens: [TokenID], stride: Int, windowCount: Int,
    tasks: [RetrievalTask], questions: RetrievalQuestions, trialCount: Int
  ) {
    (self.lengths, self.policies, self.tokens, self.stride) = (lengths, policies, tokens, stride)
    (self.windowCount, self.tasks, self.questions, self.trialCount) = (windowCount, tasks, questions, trialCount)
  }

  /// Checks that the text is long enough, before any process starts.
  /// - Throws: `TextTooShort`.
  package func check() throws { _ = try windows() }

  private func windows() throws -> SlidingWindows {
    try SlidingWindows(
      tokenCount: tokens.count, longestLength: lengths.max() ?? 2, stride: stride, count: windowCount)
  }

  /// The measurements: a length whose policy is grouped is also measured with plain attention.
  private var ways: [(index: Int, policy: PositionPolicy, isPlain: Bool)] {
    lengths.indices.flatMap { index -> [(index: Int, policy: PositionPolicy, isPlain: Bool)] in
      let policy = policies[index]
      guard policy.groups else { return [(index, policy, true)] }
      return [(index, .plain(trainedLength: policy.trainedLength), true), (index, policy, false)]
    }
  }

  package var requestCount: Int {
    ways.count * (2 + windowCount + tasks.count * questions.depths.count * trialCount)
  }

  /// - Parameter progress: receives the number of finished requests, of `requestCount`.
  package func measure(through batch: EngineBatch, progress: (Int) -> Void) async throws -> Measurements {
    let windows = try windows()
    var results = Measurements()
    var done = 0
    func outcomes(_ requests: [GenerationRequest], alone: Bool = false) async throws -> [EngineBatch.Outcome] {
      let before = done
      let batch = alone ? batch.oneByOne : batch
      let outcomes = try await batch.outcomes(of: requests) { progress(before + $0) }
      done += requests.count
      return outcomes
    }
    for way in ways {
      let length = lengths[way.index]
      let requests = windows.requests(windows.ends.indices, over: tokens, length: length, policy: way.policy)
      // Twice: other load on the machine only adds time.
      let timed = try await outcomes([requests[0], requests[0]], alone: true)
      let scored = try await outcomes(requests)
      let estimate = PerplexityEstimate(logprobs: scored.map(\.promptLogprobs))
      let seconds = timed.map(\.timings.prefillSeconds).min() ?? 0
      if way.isPlain {
        results.plainPerplexity.append(estimate)
        results.plainSeconds.append(seconds)
      }
      // Within the trained context the policy is plain, and its numbers are the same.
      if !way.isPlain || !policies[way.index].groups {
        results.perplexity.append(estimate)
        results.seconds.append(seconds)
      }
    }
    for task in tasks {
      var plain: [[ShareEstimate]] = []
      var extended: [[ShareEstimate]] = []
      for way in ways {
        let shares = try await shares(task, way.policy, length: lengths[way.index]) { try await outcomes($0) }
        if way.isPlain { plain.append(shares) }
        if !way.isPlain || !policies[way.index].groups { extended.append(shares) }
      }
      for (isPlain, shares) in [(false, extended), (true, plain)] {
        results.heatMaps.append(
          .init(title: task.name, isPlain: isPlain, depths: questions.depths, lengths: lengths, shares: shares))
      }
    }
    return results
  }

  /// A share for each depth; empty when the length is too short for the task's text.
  private func shares(
    _ task: RetrievalTask, _ policy: PositionPolicy, length: Int,
    ask: ([GenerationRequest]) async throws -> [EngineBatch.Outcome]
  ) async throws -> [ShareEstimate] {
    let prompts: [RetrievalPrompt]
    do {
      prompts = try questions.prompts(task, length: length, trials: 0..<trialCount)
    } catch {
      return questions.depths.map { _ in ShareEstimate([]) }
    }
    let outcomes = try await ask(prompts.map { questions.request(for: $0, task, policy) })
    let finds = zip(prompts, outcomes).map { questions.answer(to: $0, $1.tokens).isFound }
    return questions.depths.indices.map { ShareEstimate(Array(finds[$0 * trialCount..<($0 + 1) * trialCount])) }
  }
}
