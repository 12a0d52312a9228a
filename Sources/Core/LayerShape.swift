/// One decoder layer as a value: what it computes and how large its parts are.
///
/// Each case of an enum here has one file that computes it, in `Transformer` or `Attention`. A layer of another kind is
/// another case and its file.
package struct LayerShape: Hashable, Sendable {
  package var attention: AttentionShape
  package var feedForward: FeedForwardShape
  /// The norms of the layer's hidden states.
  package var norm: NormKind
  package var residual: ResidualForm
  /// Multiplies the output of each part before it is added to the hidden states.
  package var residualScale: Float
  /// Numbers that each token gives the layer itself, beside the hidden states (`PerLayerInput` in `Transformer`); 0 is
  /// none. All layers of a model have as many.
  package var perLayerInputSize: Int

  package init(
    attention: AttentionShape, feedForward: FeedForwardShape, norm: NormKind, residual: ResidualForm = .preNorm,
    residualScale: Float = 1, perLayerInputSize: Int = 0
  ) {
    self.attention = attention
    self.feedForward = feedForward
    self.norm = norm
    self.residual = residual
    self.residualScale = residualScale
    self.perLayerInputSize = perLayerInputSize
  }
}

/// The feed-forward part of a layer.
package enum FeedForwardShape: Hashable, Sendable {
  /// `down(activation(gate(x)) * up(x))`, with `size` rows in `gate` and `up` (the intermediate size).
  case gated(size: Int, Activation)
  /// Mixture of experts: the weighted sum of what the experts chosen for a token give.
  case experts(ExpertsShape)
  /// A gated part, and experts beside it.
  case gatedBesideExperts(GatedBesideExpertsShape)
  /// `down(gelu(up(x)))`, with `size` rows in `up`.
  case ungated(size: Int, GELU = .tanh)

  /// Intermediate numbers computed for one token.
  package var size: Int {
    switch self {
    case .gated(let size, _), .ungated(let size, _): size
    case .experts(let experts): experts.activeSize
    case .gatedBesideExperts(let parts): parts.size + parts.experts.activeSize
    }
  }

  /// Where there are any.
  package var experts: ExpertsShape? {
    switch self {
    case .gated, .ungated: nil
    case .experts(let experts): experts
    case .gatedBesideExperts(let parts): parts.experts
    }
  }

  /// The share of its experts that a token is given to; 1 where there are none.
  package var activeShare: Double {
    experts.map { Double($0.usedCount) / Double($0.expertCount) } ?? 1
  }
}

/// The nonlinear function of an ungated feed-forward part.
package enum GELU: Hashable, Sendable {
  /// The same as `Activation.geluTanh`.
  case tanh
  /// `x / 2 * (1 + erf(x / sqrt(2)))`, which the other comes near.
  case exact
}

/// The nonlinear function of a gated feed-forward part.
package enum Activation: Hashable, Sendable {
  /// `x / (1 + exp(-x))`.
  case silu
  /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.
  case geluTanh
  /// gpt-oss's: of `g`, the gate kept below `limit`, and `u`, the other number kept within `limit` either side, it
  /// makes `g / (1 + exp(-alpha * g)) * (u + 1)`.
  case clampedSwiGLU(alpha: Float, limit: Float)
}

/// How a vector is normalized.
package enum NormKind: Hashable, Sendable {
  /// Divided by its root mean square, then multiplied by the norm's weights.
  case rms(epsilon: Float)
  /// Less its mean, divided by its standard deviation, multiplied by the norm's weights, plus its bias if any.
  case layer(epsilon: Float)
}

/// Where the norms of a layer stand, and how its two parts are added to the hidden states.
package enum ResidualForm: Hashable, Sendable {
  /// Each part reads the norm of the hidden states and is added to them, attention first.
  case preNorm
  /// Each part reads the hidden states, and the norm of its output is added to them, attention first.
  case postNorm
  /// Each part reads the norm of the hidden states, and another norm of its output is added to them, attention first.
  case sandwich
  /// Both parts read the same norm of the hidden states and are added to them.
  case parallel
  /// The same, but each part reads a norm of its own.
  case parallelNorms

  /// Whether both parts read what the layer was given.
  package var isParallel: Bool { self == .parallel || self == .parallelNorms }
}
