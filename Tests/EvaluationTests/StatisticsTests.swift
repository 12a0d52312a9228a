import Evaluation
import Testing

@Suite("Statistics of measurements")
struct StatisticsTests {
  @Test("a mean's standard error is the spread over the root of the count, and unknown for one sample")
  func mean() {
    let estimate = MeanEstimate([1, 2, 3, 4])
    #expect(estimate.mean == 2.5)
    #expect(abs((estimate.standardError ?? 0) - 0.6454972243679028) < 1e-15)
    #expect(MeanEstimate([7]).standardError == nil)
    #expect(MeanEstimate([]).mean.isNaN)
  }

  @Test("Wilson's interval agrees with its published values and never leaves 0...1")
  func share() {
    // 10 of 10: 0.7225 to 1; 0 of 10 mirrors it; 50 of 100: 0.4038 to 0.5962.
    #expect(abs(ShareEstimate(successCount: 10, trialCount: 10).interval.lowerBound - 0.7225) < 1e-4)
    #expect(ShareEstimate(successCount: 10, trialCount: 10).interval.upperBound == 1)
    #expect(abs(ShareEstimate(successCount: 0, trialCount: 10).interval.upperBound - 0.2775) < 1e-4)
    let half = ShareEstimate(successCount: 50, trialCount: 100).interval
    #expect(abs(half.lowerBound - 0.4038) < 1e-4 && abs(half.upperBound - 0.5962) < 1e-4)
    #expect(ShareEstimate([]).interval == 0...1)
    #expect(ShareEstimate(successCount: 10, trialCount: 10).standardError > 0)
  }

  @Test("perplexity is the exponential of the tokens' mean loss, its error that of the windows")
  func perplexity() {
    let estimate = PerplexityEstimate(logprobs: [[-1, -3], [], [-2, -2, -2, -6]])
    #expect(abs(estimate.perplexity - 14.391916095149892) < 1e-12)  // e^(16/6)
    #expect(estimate.windowLosses == [2, 3])
    #expect(estimate.scoredTokenCount == 6)
    #expect(abs((estimate.standardError ?? 0) - 0.5 * estimate.perplexity) < 1e-12)
    let single = PerplexityEstimate(logprobs: [[-1, -3]])
    #expect(abs((single.standardError ?? 0) - single.perplexity) < 1e-12)
  }

  @Test("random numbers depend on the seed and every key, and never change")
  func draws() {
    func first(_ seed: UInt64, _ a: Int, _ b: Int) -> UInt64 {
      var draws = SeededRandom(seed: seed, a, b)
      return draws.next()
    }
    let values = [first(1, 2, 3), first(2, 2, 3), first(1, 3, 3), first(1, 2, 4), first(1, 3, 2)]
    #expect(Set(values).count == values.count)
    #expect(first(1, 2, 3) == values[0])
    var draws = SeededRandom(seed: 1)
    #expect((0..<1000).allSatisfy { _ in (0..<7).contains(draws.number(below: 7)) })
    #expect(Set(draws.sample([1, 2, 3, 4], count: 9)) == [1, 2, 3, 4])
  }
}
