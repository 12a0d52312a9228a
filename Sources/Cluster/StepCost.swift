import Core

/// What a step costs in some layers, in picoseconds of the reference thread. Whole numbers, so that any order of adding
/// gives the same sum.
struct StepCost: Hashable, Sendable {
  /// Weights read from memory.
  var weightRead = 0
  /// Rows multiplied with weights.
  var products = 0
  /// Keys and values read from memory.
  var cacheRead = 0
  /// Queries that meet keys.
  var attention = 0

  static func + (a: StepCost, b: StepCost) -> StepCost {
    StepCost(
      weightRead: a.weightRead.cappedSum(b.weightRead), products: a.products.cappedSum(b.products),
      cacheRead: a.cacheRead.cappedSum(b.cacheRead), attention: a.attention.cappedSum(b.attention))
  }

  /// Of sums that begin alike.
  static func - (a: StepCost, b: StepCost) -> StepCost {
    StepCost(
      weightRead: a.weightRead - b.weightRead, products: a.products - b.products,
      cacheRead: a.cacheRead - b.cacheRead, attention: a.attention - b.attention)
  }

  /// Picoseconds on a worker: reading and arithmetic overlap, weights and attention follow each other. Grows with every
  /// part. Divided, compared and added as IEEE doubles in this order.
  func time(_ speed: StageSpeed) -> Double {
    max(Double(weightRead) / speed.decode, Double(products) / speed.prefill)
      + max(Double(cacheRead) / speed.decode, Double(attention) / speed.prefill)
  }
}
