import Core

/// Matrices that files fuse into one tensor, one after the other.
extension TensorRule {
  /// Queries, keys and values in one tensor: beside the rules of `attention`, files may have them either way.
  static func fusedAttention(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    zip([.query, .key, .value], attentionRows(layer)).map { role, rows in
      TensorRule(role, "attn_qkv.weight", [model.hiddenSize, attentionSize(layer)], rows: rows)
    }
  }

  /// Their biases in one vector.
  static func fusedAttentionBiases(_ layer: LayerShape) -> [TensorRule] {
    zip([.queryBias, .keyBias, .valueBias], attentionRows(layer)).map { role, rows in
      TensorRule(role, "attn_qkv.bias", [attentionSize(layer)], rows: rows)
    }
  }

  private static func attentionSize(_ layer: LayerShape) -> Int {
    layer.attention.querySize + 2 * layer.attention.keyValueSize
  }

  private static func attentionRows(_ layer: LayerShape) -> [Range<Int>] {
    let (queries, keys) = (layer.attention.querySize, layer.attention.keyValueSize)
    return [0..<queries, queries..<queries + keys, queries + keys..<queries + 2 * keys]
  }

  /// Gate and up in one tensor, and the way down.
  static func fusedGate(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    let (hidden, inner) = (model.hiddenSize, layer.feedForward.size)
    return [
      TensorRule(.gate, "ffn_up.weight", [hidden, 2 * inner], rows: 0..<inner),
      TensorRule(.up, "ffn_up.weight", [hidden, 2 * inner], rows: inner..<2 * inner),
      TensorRule(.down, "ffn_down.weight", [inner, hidden]),
    ]
  }
}
