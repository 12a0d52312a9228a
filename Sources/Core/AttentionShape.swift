/// The attention of a layer: heads, their positions, the keys they see and the scale of their scores. Query heads are a
/// multiple of key-value heads; the dimension of keys is that of values.
package struct AttentionShape: Hashable, Sendable {
  package var queryHeadCount: Int
  package var keyValueHeadCount: Int
  /// Numbers in a query, key or value head.
  package var headDimension: Int
  /// Turns queries and keys to their positions; nil leaves them as they are, and the layer without positions.
  package var rope: RopeConfiguration?
  /// Multiplies the product of a query and a key.
  package var scoreScale: Float
  /// Bounds scores: `scoreCap * tanh(score / scoreCap)`, after their scale; nil leaves them as they are.
  package var scoreCap: Float?
  /// The norm of queries and keys before RoPE; nil leaves them as they are.
  package var queryKeyNorm: QueryKeyNorm?
  /// The norm of each value head, which has no weights; nil leaves them as they are.
  package var valueNorm: NormKind?
  /// Whether values are what keys are before their norm and RoPE: no matrix makes them.
  package var valuesAreKeys: Bool
  /// How many layers before this one lies the one whose keys and values its queries attend to; nil is none: it makes
  /// and stores its own. The heads of both are alike, and so is their span.
  package var keySourceDistance: Int?
  package var span: AttentionSpan
  /// What makes scores grow with the query's position; nil leaves them as they are.
  package var temperature: AttentionTemperature?
  /// Whether each query head has a sink: a score of no key that takes its share of the softmax and gives nothing.
  package var hasSinks: Bool
  /// What keys and values are made of, where it is one vector for all heads.
  package var latent: LatentShape?

  /// - Parameter scoreScale: nil is `1 / sqrt(headDimension)`.
  package init(
    queryHeadCount: Int, keyValueHeadCount: Int, headDimension: Int, rope: RopeConfiguration?, scoreScale: Float? = nil,
    scoreCap: Float? = nil, queryKeyNorm: QueryKeyNorm? = nil, valueNorm: NormKind? = nil,
    valuesAreKeys: Bool = false, keySourceDistance: Int? = nil, span: AttentionSpan = .all,
    temperature: AttentionTemperature? = nil, hasSinks: Bool = false, latent: LatentShape? = nil
  ) {
    self.queryHeadCount = queryHeadCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.rope = rope
    self.scoreScale = scoreScale ?? 1 / Float(headDimension).squareRoot()
    self.scoreCap = scoreCap
    self.queryKeyNorm = queryKeyNorm
    self.valueNorm = valueNorm
    self.valuesAreKeys = valuesAreKeys
    self.keySourceDistance = keySourceDistance
    self.span = span
    self.temperature = temperature
    self.hasSinks = hasSinks
    self.latent = latent
  }

  /// Whether it makes and stores keys and values.
  package var hasOwnKeys: Bool { keySourceDistance == nil }
  /// Query heads that share one key-value head.
  package var queryHeadsPerKeyValueHead: Int { queryHeadCount / keyValueHeadCount }
  /// Width of all queries of one token.
  package var querySize: Int { queryHeadCount * headDimension }
  /// Width of all keys (or values) of one token.
  package var keyValueSize: Int { keyValueHeadCount * headDimension }
}

/// How queries and keys are normalized before RoPE, each with weights of their own.
package enum QueryKeyNorm: Hashable, Sendable {
  /// Every head by itself; heads share their weights.
  case heads(NormKind)
  /// Every head by itself, with weights of its own.
  case eachHead(NormKind)
  /// All heads of a token as one vector.
  case rows(NormKind)
}

/// How scores grow with the query's position p, so that many keys dilute them less: they are multiplied by
/// `1 + scale * log(1 + floor(p / length))`. A position is the true one, whatever the sequence's policy: as many keys
/// are seen.
package struct AttentionTemperature: Hashable, Sendable {
  package var scale: Float
  /// Tokens.
  package var length: Int

  package init(scale: Float, length: Int) {
    self.scale = scale
    self.length = length
  }
}

/// Which of the tokens before it a query sees.
package enum AttentionSpan: Hashable, Sendable {
  case all
  /// The last so many tokens, its own included, whatever the sequence's policy: a local layer among global ones.
  case window(Int)
  /// The last so many tokens, its own included, as long as the sequence's policy groups nothing. A model of such layers
  /// alone sees nothing farther away, so SelfExtend replaces its windows (as the paper does for Mistral, section 4).
  case windowUnlessGrouped(Int)
}

extension AttentionShape {
  /// How this layer sees positions in a sequence under `policy`: only a global layer that has positions groups them.
  package func policy(under policy: PositionPolicy) -> PositionPolicy {
    if case .window = span { return .plain(trainedLength: policy.trainedLength) }
    return rope == nil ? .plain(trainedLength: policy.trainedLength) : policy
  }

  /// How many tokens, its own included, a query sees in a sequence under `policy`; nil is all.
  package func window(under policy: PositionPolicy) -> Int? {
    switch span {
    case .all: nil
    case .window(let count): count
    case .windowUnlessGrouped(let count): policy.groups ? nil : count
    }
  }

  /// The first position that a query at `position` sees in a sequence under `policy`.
  package func firstSeenPosition(from position: Int, under policy: PositionPolicy) -> Int {
    window(under: policy).map { max(0, position - $0 + 1) } ?? 0
  }
}
