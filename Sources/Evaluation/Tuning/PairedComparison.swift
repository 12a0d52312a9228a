/// Compares two candidates on the same samples: the mean of the differences and its standard error.
///
/// Pairing removes what all candidates share, the difficulty of a window or question, so small differences show early.
struct PairedComparison: Hashable, Sendable {
  /// First minus second.
  let difference: MeanEstimate

  /// Compares the samples that both have.
  init(_ first: [Double], _ second: [Double]) {
    difference = MeanEstimate(zip(first, second).map { $0 - $1 })
  }

  /// Whether the first is larger by more than `errors` standard errors. Never for fewer than two samples; the bound is
  /// wider for few samples, whose spread is uncertain.
  func isLarger(by errors: Double) -> Bool {
    guard let standardError = difference.standardError else { return false }
    return difference.mean > 0 && difference.mean > errors * standardError * Self.caution(difference.sampleCount)
  }

  /// Where the mean difference is with 95 % confidence; nil for fewer than two samples, and where it is no number.
  var interval: ClosedRange<Double>? {
    guard let error = difference.standardError, difference.mean.isFinite, error.isFinite else { return nil }
    let half = 1.96 * Self.caution(difference.sampleCount) * error
    return difference.mean - half...difference.mean + half
  }

  /// Student's quantile of 97.5 % against the normal one, by its expansion in the degrees of freedom.
  static func caution(_ sampleCount: Int) -> Double {
    let freedom = Double(max(1, sampleCount - 1))
    return 1 + (2.372 / freedom + 2.823 / (freedom * freedom) + 2.554 / (freedom * freedom * freedom)) / 1.96
  }
}
