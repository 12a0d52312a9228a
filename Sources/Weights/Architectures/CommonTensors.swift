import Core

/// GGUF's names of tensors that are looked at before the model's shape is known.
enum TensorName {
  static let embedding = "token_embd.weight"
  static let head = "output.weight"
  static let ropeFactors = "rope_freqs.weight"
}

extension TensorRule {
  /// The embedding, the output norm and the head, which may be the embedding.
  static func ends(of model: ModelConfiguration) -> [TensorRule] {
    let table = [model.hiddenSize, model.vocabularySize]
    return [
      TensorRule(.embedding, TensorName.embedding, table),
      TensorRule(.outputNorm, "output_norm.weight", [model.hiddenSize]),
      TensorRule(.head, TensorName.head, table, isOptional: true),
    ]
  }

  /// A pre-norm layer with a gated feed-forward part, all matrices tensors of their own and without bias.
  static func gatedLayer(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    let (hidden, attention) = (model.hiddenSize, layer.attention)
    return [
      TensorRule(.attentionNorm, "attn_norm.weight", [hidden]),
      TensorRule(.query, "attn_q.weight", [hidden, attention.querySize]),
      TensorRule(.key, "attn_k.weight", [hidden, attention.keyValueSize]),
      TensorRule(.value, "attn_v.weight", [hidden, attention.keyValueSize]),
      TensorRule(.attentionOutput, "attn_output.weight", [attention.querySize, hidden]),
      TensorRule(.feedForwardNorm, "ffn_norm.weight", [hidden]),
    ] + feedForward(layer.feedForward, hidden: hidden)
  }

  /// The matrices of a feed-forward part, without bias.
  private static func feedForward(_ shape: FeedForwardShape, hidden: Int) -> [TensorRule] {
    switch shape {
    case .gated(let inner, _):
      [
        TensorRule(.gate, "ffn_gate.weight", [hidden, inner]),
        TensorRule(.up, "ffn_up.weight", [hidden, inner]),
        TensorRule(.down, "ffn_down.weight", [inner, hidden]),
      ]
    case .experts(let experts): self.experts(experts, hidden: hidden)
    }
  }
}
