import Tensors
import Weights

/// The matrices of a pre-norm layer with a gated feed-forward part by name, and the weights of its norms.
extension LayerWeights {
  var query: Matrix { attention.query.weight }
  var key: Matrix { attention.key.weight }
  var value: Matrix {
    guard let value = attention.value else { preconditionFailure("values are keys") }
    return value.weight
  }
  var output: Matrix { attention.output.weight }
  var gate: Matrix { gated.gate }
  var up: Matrix { gated.up }
  var down: Matrix { gated.down }

  var attentionNorm: [Float] { norms.attention }
  var feedForwardNorm: [Float] { norms.feedForward }

  private var gated: (gate: Matrix, up: Matrix, down: Matrix) {
    switch feedForward {
    case .gated(let gate, let up, let down): (gate.weight, up.weight, down.weight)
    case .experts, .gatedBesideExperts: preconditionFailure("the layer has experts")
    case .ungated: preconditionFailure("the feed-forward part has no gate")
    }
  }
}

extension AttentionWeights {
  var query: Linear<Matrix> { heads.query }
  var key: Linear<Matrix> { heads.key }
  /// Nil where values are keys.
  var value: Linear<Matrix>? { heads.value }

  private var heads: (query: Linear<Matrix>, key: Linear<Matrix>, value: Linear<Matrix>?) {
    switch input {
    case .heads(let query, let key, let value): (query, key, value)
    case .queries: preconditionFailure("there are no keys and values")
    case .latent: preconditionFailure("keys and values are made of latents")
    }
  }
}

extension LayerNorms {
  fileprivate var attention: [Float] { preNorms.0.weights }
  fileprivate var feedForward: [Float] { preNorms.1.weights }

  private var preNorms: (NormWeights, NormWeights) {
    guard case .preNorm(let attention, let feedForward) = self else { preconditionFailure("not a pre-norm layer") }
    return (attention, feedForward)
  }
}
