/// Half-open range of decoder layers `[lower, upper)`. Never inverted.
package struct LayerRange: Hashable, Sendable, CustomStringConvertible {
  package let lower: Int
  package let upper: Int

  /// Nil when the bounds are negative or inverted, so that values read from the wire can be checked.
  package init?(lower: Int, upper: Int) {
    guard lower >= 0, upper >= lower else { return nil }
    self.lower = lower
    self.upper = upper
  }

  package var count: Int { upper - lower }
  package var indices: Range<Int> { lower..<upper }
  package func contains(_ layer: Int) -> Bool { layer >= lower && layer < upper }
  package var description: String { "[\(lower), \(upper))" }
}
