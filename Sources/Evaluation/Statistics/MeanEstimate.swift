import Foundation

/// A mean of independent samples and its standard error.
package struct MeanEstimate: Hashable, Sendable {
  package let mean: Double
  /// Standard error of the mean; nil for fewer than two samples.
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

/// A share of successes, with bounds valid for few trials and for shares of 0 and 1.
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

  /// Wilson's confidence interval of 95 %.
  package var interval: ClosedRange<Double> {
    guard trialCount > 0 else { return 0...1 }
    let (n, z) = (Double(trialCount), 1.96)
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, center - half)...min(1, center + half)
  }

  /// Half of the interval over 1.96. Never 0, unlike the textbook's for a share of 0 or 1.
  package var standardError: Double { (interval.upperBound - interval.lowerBound) / (2 * 1.96) }
}
