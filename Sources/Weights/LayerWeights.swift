package import Tensors

/// A matrix of weights with what is added to its product, in one form or another.
///
/// `y = x · Wᵀ + bias`. **Order**: the bias is the last addition, after the whole sum over the input.
package struct Linear<Matrix: Sendable>: Sendable {
  /// `[out, in]`.
  package let weight: Matrix
  /// `[out]`, converted to f32 and finite; nil adds nothing.
  package let bias: [Float]?

  package init(weight: Matrix, bias: [Float]? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// The same with the matrix in another form.
  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> Linear<Other> {
    Linear<Other>(weight: transform(weight), bias: bias)
  }
}

/// One decoder layer's weights, its matrices in one form or another.
package struct LayerWeights<Matrix: Sendable>: Sendable {
  package let norms: LayerNorms
  package let attention: AttentionWeights<Matrix>
  package let feedForward: FeedForwardWeights<Matrix>
  /// Where the layer's shape has an input of its own.
  package let perLayerInput: PerLayerInputWeights<Matrix>?
  /// Multiplies the hidden states that the layer gives; nil leaves them as they are.
  package let outputScale: Float?

  var matrices: [Matrix] { attention.matrices + feedForward.matrices + (perLayerInput?.matrices ?? []) }

  /// The same layer with every matrix in another form.
  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> LayerWeights<Other> {
    LayerWeights<Other>(
      norms: norms, attention: attention.map(transform), feedForward: feedForward.map(transform),
      perLayerInput: perLayerInput?.map(transform), outputScale: outputScale)
  }
}

/// The norms of a layer's hidden states, `[hidden]` each, a case for each of `ResidualForm`.
package enum LayerNorms: Sendable {
  case preNorm(attention: NormWeights, feedForward: NormWeights)
  case postNorm(attention: NormWeights, feedForward: NormWeights)
  case sandwich(attention: NormPair, feedForward: NormPair)
  case parallel(NormWeights)
  case parallelNorms(attention: NormWeights, feedForward: NormWeights)
}

/// The norms before and after a part of a layer.
package struct NormPair: Sendable {
  package let before: NormWeights
  package let after: NormWeights
}

/// The weights of a layer's attention.
package struct AttentionWeights<Matrix: Sendable>: Sendable {
  /// What makes queries, keys and values.
  package let input: AttentionInput<Matrix>
  /// `[hidden, queryHeads * headDimension]`, or as wide as heads of latents give.
  package let output: Linear<Matrix>
  /// Where the layer's shape has norms of queries and keys: `[headDimension]`, or `[queryHeads * headDimension]`.
  package let queryNorm: NormWeights?
  /// `[headDimension]`, or `[keyValueHeads * headDimension]`; none where the layer has no keys of its own.
  package let keyNorm: NormWeights?
  /// `[headDimension]`, all 1, where the layer's shape has a norm of values.
  package let valueNorm: NormWeights?
  /// `[queryHeads]`, where the layer's shape has sinks.
  package let sinks: [Float]?

  var matrices: [Matrix] { input.matrices + [output.weight] }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> AttentionWeights<Other> {
    AttentionWeights<Other>(
      input: input.map(transform), output: output.map(transform), queryNorm: queryNorm, keyNorm: keyNorm,
      valueNorm: valueNorm, sinks: sinks)
  }
}

/// What makes queries, keys and values of a layer's input.
package enum AttentionInput<Matrix: Sendable>: Sendable {
  /// `query` is `[queryHeads * headDimension, hidden]`; `key` and `value` have as many rows for key-value heads. No
  /// `value` where the layer's shape takes keys for values.
  case heads(query: Linear<Matrix>, key: Linear<Matrix>, value: Linear<Matrix>?)
  /// Where the layer attends to another's keys: `[queryHeads * headDimension, hidden]`.
  case queries(Linear<Matrix>)
  /// Where the layer's shape has a latent.
  case latent(LatentWeights<Matrix>)

  var matrices: [Matrix] {
    switch self {
    case .heads(let query, let key, let value): [query, key, value].compactMap { $0?.weight }
    case .queries(let query): [query.weight]
    case .latent(let latent): latent.matrices
    }
  }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> AttentionInput<Other> {
    switch self {
    case .heads(let query, let key, let value):
      .heads(query: query.map(transform), key: key.map(transform), value: value?.map(transform))
    case .queries(let query): .queries(query.map(transform))
    case .latent(let latent): .latent(latent.map(transform))
    }
  }
}

/// The weights of a layer's feed-forward part, a case for each of `FeedForwardShape`.
package enum FeedForwardWeights<Matrix: Sendable>: Sendable {
  /// `gate` and `up` are `[size, hidden]`, `down` is `[hidden, size]`.
  case gated(gate: Linear<Matrix>, up: Linear<Matrix>, down: Linear<Matrix>)
  case experts(ExpertWeights<Matrix>)
  case gatedBesideExperts(GatedBesideExpertsWeights<Matrix>)
  /// `up` is `[size, hidden]`, `down` is `[hidden, size]`.
  case ungated(up: Linear<Matrix>, down: Linear<Matrix>)

  var matrices: [Matrix] {
    switch self {
    case .gated(let gate, let up, let down): [gate.weight, up.weight, down.weight]
    case .experts(let experts): experts.matrices
    case .gatedBesideExperts(let parts): parts.matrices
    case .ungated(let up, let down): [up.weight, down.weight]
    }
  }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> FeedForwardWeights<Other> {
    switch self {
    case .gated(let gate, let up, let down):
      .gated(gate: gate.map(transform), up: up.map(transform), down: down.map(transform))
    case .experts(let experts): .experts(experts.map(transform))
    case .gatedBesideExperts(let parts): .gatedBesideExperts(parts.map(transform))
    case .ungated(let up, let down):
      .ungated(up: up.map(transform), down: down.map(transform))
    }
  }
}
