/// What a tensor, or a part of one, is for.
package enum TensorRole: Hashable, Sendable, CaseIterable {
  case embedding, outputNorm, outputNormBias, head, headBias, ropeFactors, longRopeFactors, shortRopeFactors
  case attentionNorm, attentionNormBias, query, key, value, attentionOutput, attentionOutputNorm
  case queryBias, keyBias, valueBias, attentionOutputBias
  case queryNorm, keyNorm, attentionSinks
  case queryLatent, queryLatentNorm, latent, latentNorm, latentKeys, latentValues
  case feedForwardNorm, feedForwardNormBias, gate, up, down, feedForwardOutputNorm, layerOutputScale
  case gateBias, upBias, downBias
  case router, routerBias, choiceBias, expertGate, expertUp, expertDown
  case expertGateBias, expertUpBias, expertDownBias
  case sharedRouter, sharedGate, sharedUp, sharedDown
  case gatedOutputNorm, routerNorm, expertNorm, expertOutputNorm, expertWeightScales
  case perLayerEmbedding, perLayerProjection, perLayerProjectionNorm, perLayerGate, perLayerOutput, perLayerOutputNorm

  var isBias: Bool {
    switch self {
    case .queryBias, .keyBias, .valueBias, .attentionOutputBias, .gateBias, .upBias, .downBias: true
    case .routerBias, .choiceBias, .expertGateBias, .expertUpBias, .expertDownBias: true
    case .headBias, .outputNormBias, .attentionNormBias, .feedForwardNormBias: true
    default: false
    }
  }

  /// Whether the tensor has a part for each expert, of which a token is given to some.
  var isOfExperts: Bool {
    switch self {
    case .expertGate, .expertUp, .expertDown, .expertGateBias, .expertUpBias, .expertDownBias: true
    default: false
    }
  }

  /// Whether the tensor has a part for each expert or head, one behind the other.
  var isStacked: Bool { isOfExperts || self == .latentKeys || self == .latentValues }

  /// Whether it is a norm of queries or keys, which may be a vector for each head.
  var isNormOfHeads: Bool { self == .queryNorm || self == .keyNorm }

  /// Whether it chooses or weighs experts, which is computed in f32 from unrounded inputs.
  var isRouter: Bool { self == .router || self == .sharedRouter }

  /// The role of a norm's bias, for norms that may have one.
  var normBias: TensorRole? {
    switch self {
    case .outputNorm: .outputNormBias
    case .attentionNorm: .attentionNormBias
    case .feedForwardNorm: .feedForwardNormBias
    default: nil
    }
  }
}

/// One row of an architecture's tensor table: what a role's tensor is called and how large it is.
struct TensorRule: Sendable {
  let role: TensorRole
  let name: String
  /// In GGUF's order, innermost first: a matrix is `[in, out]`, a vector `[n]`.
  let shape: [Int]
  /// Which rows of the tensor have the role, where several are fused into one; of a vector, which numbers; of a tensor
  /// of all experts or heads, which of each. Nil is all.
  let rows: Range<Int>?
  /// A checkpoint may lack it.
  let isOptional: Bool
  /// A checkpoint may have it, and nothing is computed with it.
  let isUnread: Bool

  /// What `rows` counts.
  let rowCount: Int

  /// - Parameter rowCount: of each head, where heads lie one behind the other in a matrix; nil is what the shape says.
  init(
    _ role: TensorRole, _ name: String, _ shape: [Int], rows: Range<Int>? = nil, rowCount: Int? = nil,
    isOptional: Bool = false, isUnread: Bool = false
  ) {
    self.role = role
    self.name = name
    self.shape = shape
    self.rows = rows
    self.rowCount = rowCount ?? (role.isStacked ? shape[shape.count - 2] : shape[shape.count - 1])
    self.isOptional = isOptional || isUnread
    self.isUnread = isUnread
  }
}
