/// Two candidates on the same samples: the mean of the differences and how far it may be off.
///
/// Pairing takes out what all candidates share, how hard a window or a question is, so small differences show early.
struct PairedComparison: Hashable, Sendable {
  /// First minus second.
  let difference: MeanEstimate

  /// Compares what both have; the longer's rest is left out.
  init(_ first: [Double], _ second: [Double]) {
    difference = MeanEstimate(zip(first, second).map { $0 - $1 })
  }

  /// Whether the first is larger by more than `errors` standard errors. Never for fewer than two samples; with few,
  /// more is asked for, since their spread is known badly itself.
  func isLarger(by errors: Double) -> Bool {
    guard let standardError = difference.standardError else { return false }
    return difference.mean > 0 && difference.mean > errors * standardError * Self.caution(difference.sampleCount)
  }

  /// Student's quantile of 97.5 % against the normal one, by its expansion in the degrees of freedom.
  static func caution(_ sampleCount: Int) -> Double {
    let freedom = Double(max(1, sampleCount - 1))
    return 1 + (2.372 / freedom + 2.823 / (freedom * freedom) + 2.554 / (freedom * freedom * freedom)) / 1.96
  }
}
