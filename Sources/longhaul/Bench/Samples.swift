/// Repeated measurements with their median and spread.
struct Samples: Hashable, Sendable {
  /// Ascending, not empty.
  let values: [Double]

  /// Nil when empty.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    self.values = values.sorted()
  }

  var median: Double {
    let middle = values.count / 2
    return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
  }

  /// Half of the range, as a share of the median.
  var spread: Double { median > 0 ? (values[values.count - 1] - values[0]) / 2 / median : 0 }
}
