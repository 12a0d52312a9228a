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

  package init(
    attention: AttentionShape, feedForward: FeedForwardShape, norm: NormKind, residual: ResidualForm = .preNorm
  ) {
    self.attention = attention
    self.feedForward = feedForward
    self.norm = norm
    self.residual = residual
  }
}

/// The attention of a layer: heads, their positions and the scale of their scores. Query heads are a multiple of
/// key-value heads; the dimension of keys is that of values.
package struct AttentionShape: Hashable, Sendable {
  package var queryHeadCount: Int
  package var keyValueHeadCount: Int
  /// Numbers in a query, key or value head.
  package var headDimension: Int
  /// Turns queries and keys to their positions; nil leaves them as they are, and the layer without positions.
  package var rope: RopeConfiguration?
  /// Multiplies the product of a query and a key.
  package var scoreScale: Float
  /// The norm of each query head and each key head before RoPE; nil leaves them as they are.
  package var headNorm: NormKind?

  /// - Parameter scoreScale: nil is `1 / sqrt(headDimension)`.
  package init(
    queryHeadCount: Int, keyValueHeadCount: Int, headDimension: Int, rope: RopeConfiguration?, scoreScale: Float? = nil,
    headNorm: NormKind? = nil
  ) {
    self.queryHeadCount = queryHeadCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.rope = rope
    self.scoreScale = scoreScale ?? 1 / Float(headDimension).squareRoot()
    self.headNorm = headNorm
  }

  /// Query heads that share one key-value head.
  package var queryHeadsPerKeyValueHead: Int { queryHeadCount / keyValueHeadCount }
  /// Width of all queries of one token.
  package var querySize: Int { queryHeadCount * headDimension }
  /// Width of all keys (or values) of one token.
  package var keyValueSize: Int { keyValueHeadCount * headDimension }
}

/// The feed-forward part of a layer.
package enum FeedForwardShape: Hashable, Sendable {
  /// `down(activation(gate(x)) * up(x))`, `size` numbers inside.
  case gated(size: Int, Activation)
  /// The sum of what a few of many gated parts give.
  case experts(ExpertsShape)

  /// Numbers inside that one token is given.
  package var size: Int {
    switch self {
    case .gated(let size, _): size
    case .experts(let experts): experts.usedCount * experts.size + (experts.shared?.size ?? 0)
    }
  }

  /// The share of its experts that a token is given to; 1 where there are none.
  package var activeShare: Double {
    switch self {
    case .gated: 1
    case .experts(let experts): Double(experts.usedCount) / Double(experts.expertCount)
    }
  }
}

/// The nonlinear function of a feed-forward part.
package enum Activation: Hashable, Sendable {
  /// `x / (1 + exp(-x))`.
  case silu
}

/// How a vector is normalized.
package enum NormKind: Hashable, Sendable {
  /// Divided by its root mean square, then multiplied by the norm's weights.
  case rms(epsilon: Float)
}

/// How the two parts of a layer are added to the hidden states.
package enum ResidualForm: Hashable, Sendable {
  /// Each part reads the norm of the hidden states and is added to them, attention first.
  case preNorm
}
