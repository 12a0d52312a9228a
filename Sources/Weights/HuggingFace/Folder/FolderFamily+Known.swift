import Core
import JSON

extension FolderFamily {
  static let known = dense + gemmas + gemma4 + experts + latents

  private static let dense: [FolderFamily] = [
    FolderFamily(modelType: "llama", architecture: "llama", pairsNeighbors: true),
    FolderFamily(
      modelType: "mistral", architecture: "llama", pairsNeighbors: true,
      fields: { fields throws(CheckpointError) in try fields.copyWindow() }),
    FolderFamily(
      modelType: "granite", architecture: "granite", pairsNeighbors: true,
      fields: { fields throws(CheckpointError) in try fields.copyGraniteFactors() }),
    FolderFamily(
      modelType: "smollm3", architecture: "smollm3", pairsNeighbors: true, tiesHead: true,
      fields: { fields throws(CheckpointError) in
        try fields.refuseWindow()
        try fields.requireFlags("no_rope_layers") { $0 % 4 == 3 ? 0 : 1 }
      }),
    FolderFamily(
      modelType: "qwen2", architecture: "qwen2",
      fields: { fields throws(CheckpointError) in try fields.refuseWindow() }),
    FolderFamily(
      modelType: "qwen3", architecture: "qwen3", headDimension: 128,
      fields: { fields throws(CheckpointError) in try fields.refuseWindow() }),
    FolderFamily(
      modelType: "phi3", architecture: "phi3",
      names: .common.with(["self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up"]),
      fields: { fields throws(CheckpointError) in try fields.copyWindow() }),
    FolderFamily(
      modelType: "olmo2", architecture: "olmo2",
      names: .common.with([
        "post_attention_layernorm": "post_attention_norm", "post_feedforward_layernorm": "post_ffw_norm",
      ])),
    FolderFamily(
      modelType: "starcoder2", architecture: "starcoder2",
      names: .common.with(["mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"]), tiesHead: true,
      epsilon: ("norm_epsilon", .layerNormEpsilon), activations: ["gelu_pytorch_tanh"],
      fields: { fields throws(CheckpointError) in try fields.copyWindow() }),
    FolderFamily(
      modelType: "stablelm", architecture: "stablelm",
      names: .common.with([
        "self_attn.q_layernorm.norms.*": "attn_q_norm", "self_attn.k_layernorm.norms.*": "attn_k_norm",
      ]), epsilon: ("layer_norm_eps", .layerNormEpsilon),
      fields: { fields throws(CheckpointError) in
        fields.set(.parallelResidual, .bool(try fields.config["use_parallel_residual"]?.bool() ?? false))
      }),
    FolderFamily(
      modelType: "cohere", architecture: "command-r", tiesHead: true, epsilon: ("layer_norm_eps", .layerNormEpsilon),
      fields: { fields throws(CheckpointError) in
        fields.set(.logitScale, .float(Double(Float(try fields.config["logit_scale"]?.number() ?? 0.0625))))
      }),
    FolderFamily(
      modelType: "ministral3", architecture: "mistral3", pairsNeighbors: true, headDimension: 128, ropeMagnitude: .yarn,
      fields: { fields throws(CheckpointError) in
        if let window = fields.config["sliding_window"] { throw window.unsupported("is set") }
        let growth = try fields.config.required("rope_parameters").required("llama_4_scaling_beta")
        fields.set(.temperatureScale, .float(Double(Float(try growth.number()))))
      }),
    FolderFamily(
      modelType: "falcon", architecture: "falcon", names: .falcon, groupsHeads: true, tiesHead: true,
      epsilon: ("layer_norm_epsilon", .layerNormEpsilon),
      standIns: { config throws(CheckpointError) in
        let width = try config.required("hidden_size").integer(in: 1...Limits.maximumHiddenSize)
        let inner = try config["ffn_hidden_size"]?.integer(in: 1...GGUFLimits.innerSize) ?? 4 * width
        let isGrouped = try config["new_decoder_architecture"]?.bool() ?? false
        let heads = isGrouped ? try config["num_kv_heads"]?.integer(in: 1...GGUFLimits.innerSize) : 1
        return ["intermediate_size": inner, "max_position_embeddings": 2048].merging(
          heads.map { ["num_key_value_heads": $0] } ?? [:]
        ) { $1 }
      },
      fields: { fields throws(CheckpointError) in try fields.requireFalcon() }),
  ]

  private static let gemmas: [FolderFamily] = [
    FolderFamily(
      modelType: "gemma", architecture: "gemma", normAddend: 1, tiesHead: true,
      activations: ["gelu_pytorch_tanh", "gelu"], headDimension: 256),
    FolderFamily(
      modelType: "gemma2", architecture: "gemma2", names: .sandwich, normAddend: 1, tiesHead: true,
      activations: ["gelu_pytorch_tanh"], headDimension: 256,
      fields: { fields throws(CheckpointError) in
        try fields.copyWindow()
        try fields.copyPattern(period: 2)
        try fields.copyNumber("attn_logit_softcapping", to: .scoreCap)
        try fields.copyNumber("final_logit_softcapping", to: .logitCap)
        try fields.requireScoreScale(largestLayerCount: 46)
      }),
    FolderFamily(
      modelType: "gemma3_text", architecture: "gemma3", names: .sandwich, normAddend: 1, tiesHead: true,
      activations: ["gelu_pytorch_tanh"], headDimension: 256,
      fields: { fields throws(CheckpointError) in
        try fields.copyWindow()
        try fields.copyPattern(period: 6)
        try fields.copyLocalRopeBase()
        try fields.copyNumber("final_logit_softcapping", to: .logitCap)
        try fields.requireScoreScale(largestLayerCount: 62)
        try fields.requireFalse("use_bidirectional_attention")
      }),
  ]
}

extension FolderNames {
  fileprivate static let falcon = common.with([
    "ln_mlp": "attn_norm", "ln_attn": "attn_norm_2", "self_attention.query_key_value": "attn_qkv",
    "self_attention.dense": "attn_output", "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down",
  ]).around(
    prefix: "transformer.h.",
    ends: ["transformer.word_embeddings": "token_embd", "transformer.ln_f": "output_norm", "lm_head": "output"])
}

extension FolderMetadata {
  mutating func copyGraniteFactors() throws(CheckpointError) {
    try copyNumber("embedding_multiplier", to: .embeddingScale)
    try copyNumber("residual_multiplier", to: .residualScale)
    // Without one, scores are not divided by the root of the head's size.
    let hasScale = config["attention_multiplier"] != nil
    if hasScale { try copyNumber("attention_multiplier", to: .scoreScale) }
    if !hasScale { set(.scoreScale, .float(1)) }
    try copyNumber("logits_scaling", to: .logitScale)
  }

  /// Parallel parts; one head of keys and values, or several in the newer form.
  fileprivate func requireFalcon() throws(CheckpointError) {
    for name in ["alibi", "bias"] { try requireFalse(name) }
    let isGrouped = try config["new_decoder_architecture"]?.bool() ?? false
    for name in isGrouped ? [] : ["multi_query", "parallel_attn"] {
      if let value = config[name], try !value.bool() { throw value.unsupported("is false") }
    }
    if let activation = config["activation"], try activation.string() != "gelu" {
      throw activation.unsupported("is not \"gelu\"")
    }
  }
}
