/// Measured values in order. A percentile is one of them: the least that so many per cent do not exceed.
struct Percentiles: Hashable, Sendable {
  /// Ascending, not empty.
  private let values: [Double]

  /// Nil when empty.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    self.values = values.sorted()
  }

  var count: Int { values.count }
  var mean: Double { values.reduce(0, +) / Double(values.count) }
  var greatest: Double { values[values.count - 1] }

  /// - Parameter percent: from 0 to 100; whole, so that its rank is exact.
  func callAsFunction(_ percent: Int) -> Double {
    let rank = (percent * values.count + 99) / 100
    return values[min(max(rank, 1), values.count) - 1]
  }
}
