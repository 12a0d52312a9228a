import Inference

extension ArchitectureDescription {
  /// Llama, and what is converted to its form: Llama 1 to 3, Mistral, TinyLlama, Yi and others.
  static let llama = ArchitectureDescription(
    name: "llama",
    ropeLayout: .interleaved,
    modelTensors: [
      TensorRule(role: .embedding, name: "token_embd.weight", shape: [.hidden, .vocabulary]),
      TensorRule(role: .outputNorm, name: "output_norm.weight", shape: [.hidden]),
      TensorRule(role: .head, name: "output.weight", shape: [.hidden, .vocabulary], isOptional: true),
      TensorRule(role: .ropeFactors, name: "rope_freqs.weight", shape: [.ropePairs], isOptional: true),
    ],
    layerTensors: [
      TensorRule(role: .attentionNorm, name: "attn_norm.weight", shape: [.hidden]),
      TensorRule(role: .query, name: "attn_q.weight", shape: [.hidden, .queries]),
      TensorRule(role: .key, name: "attn_k.weight", shape: [.hidden, .keyValues]),
      TensorRule(role: .value, name: "attn_v.weight", shape: [.hidden, .keyValues]),
      TensorRule(role: .attentionOutput, name: "attn_output.weight", shape: [.queries, .hidden]),
      TensorRule(role: .feedForwardNorm, name: "ffn_norm.weight", shape: [.hidden]),
      TensorRule(role: .gate, name: "ffn_gate.weight", shape: [.hidden, .feedForward]),
      TensorRule(role: .up, name: "ffn_up.weight", shape: [.hidden, .feedForward]),
      TensorRule(role: .down, name: "ffn_down.weight", shape: [.feedForward, .hidden]),
    ],
    layerPrefix: { "blk.\($0)." },
    neutralValues: [
      NeutralValue(suffix: "expert_count", values: [0], meaning: "a mixture of experts"),
      NeutralValue(suffix: "attention.causal", values: [1], meaning: "attention to later tokens"),
      NeutralValue(suffix: "attention.max_alibi_bias", values: [0], meaning: "ALiBi"),
      NeutralValue(suffix: "attention.clamp_kqv", values: [0], meaning: "clamped queries and keys"),
      NeutralValue(suffix: "attention.scale", values: [0], meaning: "its own attention scale"),
      NeutralValue(suffix: "use_parallel_residual", values: [0], meaning: "parallel residuals"),
      NeutralValue(suffix: "logit_scale", values: [0, 1], meaning: "scaled logits"),
      NeutralValue(suffix: "residual_scale", values: [0, 1], meaning: "scaled residuals"),
      NeutralValue(suffix: "embedding_scale", values: [0, 1], meaning: "scaled embeddings"),
      NeutralValue(suffix: "rope.scaling.yarn_ext_factor", values: [-1, 1], meaning: "a partial YaRN ramp"),
      NeutralValue(suffix: "rope.scaling.yarn_log_multiplier", values: [0], meaning: "another YaRN scale"),
    ])
}
