package import Inference

/// Measures what a verification needs: perplexity and hidden numbers, plain and under each length's policy, and the
/// time that reading takes alone.
package struct VerificationRun: Sendable {
  package struct Measurements: Sendable {
    package fileprivate(set) var perplexity: [PerplexityEstimate] = []
    package fileprivate(set) var plainPerplexity: [PerplexityEstimate] = []
    package fileprivate(set) var seconds: [Double] = []
    package fileprivate(set) var plainSeconds: [Double] = []
    package fileprivate(set) var heatMaps: [ContextVerification.HeatMap] = []
  }

  package let lengths: [Int]
  /// One a length.
  package let policies: [SelfExtendPolicy]
  private let tokens: [TokenID]
  private let stride: Int
  private let windowCount: Int
  private let tasks: [RetrievalTask]
  private let questions: RetrievalQuestions
  private let trialCount: Int

  package init(
    lengths: [Int], policies: [SelfExtendPolicy], tokens: [TokenID], stride: Int, windowCount: Int,
    tasks: [RetrievalTask], questions: RetrievalQuestions, trialCount: Int
  ) {
    (self.lengths, self.policies, self.tokens, self.stride) = (lengths, policies, tokens, stride)
    (self.windowCount, self.tasks, self.questions, self.trialCount) = (windowCount, tasks, questions, trialCount)
  }

  /// Refuses what cannot be measured, before anything is started.
  /// - Throws: `TextTooShort`.
  package func check() throws { _ = try windows() }

  private func windows() throws -> SlidingWindows {
    try SlidingWindows(
      tokenCount: tokens.count, longestLength: lengths.max() ?? 2, stride: stride, count: windowCount)
  }

  /// Lengths whose policy groups are measured plain as well.
  private var ways: [(index: Int, policy: SelfExtendPolicy, isPlain: Bool)] {
    lengths.indices.flatMap { index -> [(index: Int, policy: SelfExtendPolicy, isPlain: Bool)] in
      let policy = policies[index]
      let plain = SelfExtendPolicy(groupSize: 1, neighborWindow: 0, trainedLength: policy.trainedLength)
      guard policy.groups, let plain else { return [(index, policy, true)] }
      return [(index, plain, true), (index, policy, false)]
    }
  }

  package var requestCount: Int {
    ways.count * (2 + windowCount + tasks.count * questions.depths.count * trialCount)
  }

  /// - Parameter progress: told the requests done, out of `requestCount`.
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
      // Twice, since whatever else runs on the machine only ever adds.
      let timed = try await outcomes([requests[0], requests[0]], alone: true)
      let scored = try await outcomes(requests)
      let estimate = PerplexityEstimate(logprobs: scored.map(\.promptLogprobs))
      let seconds = timed.map(\.timings.prefillSeconds).min() ?? 0
      if way.isPlain {
        results.plainPerplexity.append(estimate)
        results.plainSeconds.append(seconds)
      }
      // Within the trained length the policy is plain, and its numbers are the same.
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

  /// A share for each depth; of nothing, where a length is too short for the task's words.
  private func shares(
    _ task: RetrievalTask, _ policy: SelfExtendPolicy, length: Int,
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
