import Core

/// Biases of matrices and norms.
extension TensorRule {
  /// Of queries, keys and values.
  static func attentionBiases(_ layer: LayerShape, areOptional: Bool = false) -> [TensorRule] {
    let attention = layer.attention
    return [
      TensorRule(.queryBias, "attn_q.bias", [attention.querySize], isOptional: areOptional),
      TensorRule(.keyBias, "attn_k.bias", [attention.keyValueSize], isOptional: areOptional),
      TensorRule(.valueBias, "attn_v.bias", [attention.keyValueSize], isOptional: areOptional),
    ]
  }

  /// Of the way out of attention, and of an ungated feed-forward part.
  static func outputBiases(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    [
      TensorRule(.attentionOutputBias, "attn_output.bias", [model.hiddenSize]),
      TensorRule(.upBias, "ffn_up.bias", [layer.feedForward.size]),
      TensorRule(.downBias, "ffn_down.bias", [model.hiddenSize]),
    ]
  }

  /// Of the norms of what each part reads.
  static func inputNormBiases(in model: ModelConfiguration) -> [TensorRule] {
    [
      TensorRule(.attentionNormBias, "attn_norm.bias", [model.hiddenSize]),
      TensorRule(.feedForwardNormBias, "ffn_norm.bias", [model.hiddenSize]),
    ]
  }
}
