/// How a stage computes attention. Both give the same bytes on every processor and for every batch and chunk; each has
/// its own. A plan's stages all use one.
package enum AttentionArithmetic: String, Sendable, CaseIterable {
  /// Products of f32.
  case exact
  /// Scores of 16-bit integers and weighted sums of bf16, at twice the rate where a processor multiplies pairs of them.
  case fast
}
