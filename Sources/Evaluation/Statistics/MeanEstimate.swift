import Foundation

/// A mean and how far it may be off, from samples that are independent of each other.
package struct MeanEstimate: Hashable, Sendable {
  package let mean: Double
  /// Standard error of the mean; nil for fewer than two samples, which say nothing of their spread.
  package let standardError: Double?
  package let sampleCount: Int

  /// The mean of no samples is NaN.
  package init(_ samples: [Double]) {
    sampleCount = samples.count
    let mean = samples.reduce(0, +) / Double(samples.count)
    self.mean = mean
    guard samples.count > 1 else {
      standardError = nil
      return
    }
    let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples.count - 1)
    standardError = (variance / Double(samples.count)).squareRoot()
  }
}

/// A share of successes, with bounds that hold for few trials and for shares of 0 and 1 as well.
package struct ShareEstimate: Hashable, Sendable {
  package let successCount: Int
  package let trialCount: Int

  package init(successCount: Int, trialCount: Int) {
    (self.successCount, self.trialCount) = (successCount, trialCount)
  }

  package init(_ outcomes: [Bool]) {
    self.init(successCount: outcomes.count { $0 }, trialCount: outcomes.count)
  }

  /// 0 without trials.
  package var share: Double { trialCount == 0 ? 0 : Double(successCount) / Double(trialCount) }

  /// Wilson's interval of 95 %: where the true share lies nineteen times of twenty.
  package var interval: ClosedRange<Double> {
    guard trialCount > 0 else { return 0...1 }
    let (n, z) = (Double(trialCount), 1.96)
    let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, centre - half)...min(1, centre + half)
  }

  /// Half the interval, at 1.96 standard errors: never 0, unlike the textbook's for a share of 0 or 1.
  package var standardError: Double { (interval.upperBound - interval.lowerBound) / (2 * 1.96) }
}
