import Core

extension TensorRule {
  /// The tensors of attention over latents. What makes plain keys and values of them is one tensor in older files, each
  /// head's rows for its key before those for its value; newer ones have two, those for keys with rows and columns
  /// exchanged.
  static func latentAttention(_ attention: AttentionShape, hidden: Int) -> [TensorRule] {
    guard let latent = attention.latent else { return [] }
    let (heads, plain, value) = (attention.queryHeadCount, latent.plainSize, latent.valueSize)
    let both = [latent.size, heads * (plain + value)]
    return queries(attention, latent, hidden: hidden) + [
      TensorRule(.latent, "attn_kv_a_mqa.weight", [hidden, attention.headDimension]),
      TensorRule(.latentNorm, "attn_kv_a_norm.weight", [latent.size]),
      TensorRule(.latentKeys, "attn_k_b.weight", [plain, latent.size, heads]),
      TensorRule(.latentValues, "attn_v_b.weight", [latent.size, value, heads]),
      TensorRule(.latentKeys, "attn_kv_b.weight", both, rows: 0..<plain, rowCount: plain + value),
      TensorRule(.latentValues, "attn_kv_b.weight", both, rows: plain..<plain + value, rowCount: plain + value),
      TensorRule(.attentionOutput, "attn_output.weight", [attention.outputSize, hidden]),
    ]
  }

  private static func queries(_ attention: AttentionShape, _ latent: LatentShape, hidden: Int) -> [TensorRule] {
    guard let size = latent.querySize else {
      return [TensorRule(.query, "attn_q.weight", [hidden, attention.projectedQuerySize])]
    }
    return [
      TensorRule(.queryLatent, "attn_q_a.weight", [hidden, size]),
      TensorRule(.queryLatentNorm, "attn_q_a_norm.weight", [size]),
      TensorRule(.query, "attn_q_b.weight", [size, attention.projectedQuerySize]),
    ]
  }
}
