/// Rotary position embedding of a model: which dims turn, how fast, and what its checkpoint was scaled for.
///
/// Grouping (SelfExtend) acts on integer positions before any of this.
package struct RopeConfiguration: Hashable, Sendable {
  /// How the two numbers of a rotated pair lie in a head.
  package enum Layout: Sendable {
    /// Pairs (2p, 2p+1): Meta's order, and GGUF's for the llama architecture.
    case interleaved
    /// Pairs (p, p + rotary/2): Hugging Face's order.
    case halfSplit
  }

  /// What turns the base frequencies into the checkpoint's.
  package enum Scaling: Hashable, Sendable {
    case none
    /// Every angle divided by `factor`.
    case linear(factor: Double)
    /// YaRN: high frequencies kept, low ones divided by `factor`, a ramp between; queries and keys are
    /// multiplied by `attentionFactor`. `roundsRamp`: whether the ramp begins and ends at whole pairs.
    case yarn(
      factor: Double, originalLength: Int, betaFast: Double, betaSlow: Double, attentionFactor: Double,
      roundsRamp: Bool = true)
    /// Each pair's frequency divided by its own factor (Llama 3.1 and later ship these as a tensor).
    case perPair(factors: [Float])
    /// LongRoPE: each pair's frequency divided by its own factor, of those for `long` texts where a stage's context is
    /// longer than `originalLength`, else of the `short` ones; queries and keys are multiplied by `attentionFactor`.
    case longRope(short: [Float], long: [Float], originalLength: Int, attentionFactor: Double)
  }

  package var base: Double
  /// Dims that turn; the rest of the head passes through. Even, at most the head's dimension.
  package var rotaryDimension: Int
  package var layout: Layout
  package var scaling: Scaling

  package init(base: Double, rotaryDimension: Int, layout: Layout, scaling: Scaling) {
    self.base = base
    self.rotaryDimension = rotaryDimension
    self.layout = layout
    self.scaling = scaling
  }

  /// Multiplies rotated queries and keys (YaRN's temperature, LongRoPE's factor); 1 for all other scalings.
  package var magnitude: Double {
    switch scaling {
    case .none, .linear, .perPair: 1
    case .yarn(_, _, _, _, let attentionFactor, _), .longRope(_, _, _, let attentionFactor): attentionFactor
    }
  }
}
