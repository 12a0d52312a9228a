package import Core

/// Measurements of a model up to a length: the input of the report page and the verdict.
package struct ContextVerification: Hashable, Sendable {
  /// Plain attention and the automatic policy at one length.
  package struct LengthRow: Hashable, Sendable {
    package let length: Int
    package let policy: PositionPolicy
    /// Under that policy.
    package let perplexity: PerplexityEstimate
    package let plainPerplexity: PerplexityEstimate
    /// Prefill seconds of a single prompt of this length, the better of two runs.
    package let seconds: Double
    package let plainSeconds: Double
    /// Planned KV cache of a sequence of this length in all layers.
    package let cacheByteCount: Int
    package let plainCacheByteCount: Int

    package init(
      length: Int, policy: PositionPolicy, perplexity: PerplexityEstimate, plainPerplexity: PerplexityEstimate,
      seconds: Double, plainSeconds: Double, cacheByteCount: Int, plainCacheByteCount: Int
    ) {
      (self.length, self.policy, self.perplexity) = (length, policy, perplexity)
      (self.plainPerplexity, self.seconds, self.plainSeconds) = (plainPerplexity, seconds, plainSeconds)
      (self.cacheByteCount, self.plainCacheByteCount) = (cacheByteCount, plainCacheByteCount)
    }
  }

  /// A heat map: a task with plain attention or the automatic policies.
  package struct HeatMap: Hashable, Sendable {
    package let title: String
    package let isPlain: Bool
    package let depths: [Double]
    package let lengths: [Int]
    /// `[length][depth]`.
    package let shares: [[ShareEstimate]]

    package init(title: String, isPlain: Bool, depths: [Double], lengths: [Int], shares: [[ShareEstimate]]) {
      (self.title, self.isPlain, self.depths, self.lengths, self.shares) = (title, isPlain, depths, lengths, shares)
    }

    /// All depths of a length together.
    package func share(at index: Int) -> ShareEstimate {
      ShareEstimate(
        successCount: shares[index].reduce(0) { $0 + $1.successCount },
        trialCount: shares[index].reduce(0) { $0 + $1.trialCount })
    }
  }

  package let model: String
  package let trainedLength: Int
  /// The length to verify.
  package let contextLength: Int
  package let weightByteCount: Int
  package let workerCount: Int
  package let seed: UInt64
  package let stride: Int
  package let rows: [LengthRow]
  package let heatMaps: [HeatMap]
  /// The policies at the longest length; nil when none was compared.
  package let comparison: PolicyComparison?

  package init(
    model: String, trainedLength: Int, contextLength: Int, weightByteCount: Int, workerCount: Int, seed: UInt64,
    stride: Int, rows: [LengthRow], heatMaps: [HeatMap], comparison: PolicyComparison? = nil
  ) {
    (self.model, self.trainedLength, self.contextLength) = (model, trainedLength, contextLength)
    (self.weightByteCount, self.workerCount, self.seed, self.stride) = (weightByteCount, workerCount, seed, stride)
    (self.rows, self.heatMaps, self.comparison) = (rows, heatMaps, comparison)
  }

  /// Half of the trained context, the trained context, then doubled lengths up to the length to verify, which is last.
  /// For a length within the trained context: its quarter, its half, and itself.
  package static func lengths(upTo context: Int, trainedLength: Int) -> [Int] {
    guard context > trainedLength else { return [context / 4, context / 2, context].filter { $0 > 1 } }
    var lengths = [trainedLength / 2, trainedLength].filter { $0 > 1 }
    // A length less than a third above the previous one adds no information.
    while let last = lengths.last, 2 * last < context - last / 2 { lengths.append(2 * last) }
    return lengths + [context]
  }
}
