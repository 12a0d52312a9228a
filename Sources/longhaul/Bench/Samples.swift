/// Repeated measurements of one thing: the median, and how far they lie apart.
struct Samples: Hashable, Sendable {
  /// Ascending, at least one.
  let values: [Double]

  /// Nil without a value.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    self.values = values.sorted()
  }

  var median: Double {
    let middle = values.count / 2
    return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
  }

  /// Half the way from the least to the greatest, as a share of the median.
  var spread: Double { median > 0 ? (values[values.count - 1] - values[0]) / 2 / median : 0 }
}
