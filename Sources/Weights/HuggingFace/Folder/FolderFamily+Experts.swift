import Core
import JSON

/// Families with experts.
extension FolderFamily {
  static let experts: [FolderFamily] = [
    FolderFamily(
      modelType: "mixtral", architecture: "llama",
      names: .common.with([
        "block_sparse_moe.gate": "ffn_gate_inp", "block_sparse_moe.experts.*.w1": "ffn_gate_exps",
        "block_sparse_moe.experts.*.w2": "ffn_down_exps", "block_sparse_moe.experts.*.w3": "ffn_up_exps",
      ]), pairsNeighbors: true,
      fields: { fields throws(CheckpointError) in
        try fields.copyWindow()
        try fields.copyCount("num_local_experts", to: .expertCount)
        try fields.copyCount("num_experts_per_tok", to: .usedExpertCount)
      }),
    FolderFamily(
      modelType: "qwen3_moe", architecture: "qwen3moe", headDimension: 128,
      fields: { fields throws(CheckpointError) in try fields.copyQwenExperts() }),
    FolderFamily(
      modelType: "qwen2_moe", architecture: "qwen2moe",
      names: .common.with([
        "mlp.shared_expert.gate_proj": "ffn_gate_shexp", "mlp.shared_expert.up_proj": "ffn_up_shexp",
        "mlp.shared_expert.down_proj": "ffn_down_shexp", "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
      ]),
      fields: { fields throws(CheckpointError) in
        try fields.copyQwenExperts()
        try fields.copyCount("shared_expert_intermediate_size", to: .sharedExpertSize)
      }),
    FolderFamily(
      modelType: "olmoe", architecture: "olmoe",
      fields: { fields throws(CheckpointError) in
        if let clip = fields.config["clip_qkv"] { throw clip.unsupported("is set") }
        try fields.copyCount("num_experts", to: .expertCount)
        try fields.copyCount("num_experts_per_tok", to: .usedExpertCount)
        fields.set(.normalizesExpertWeights, .bool(try fields.config["norm_topk_prob"]?.bool() ?? false))
      }),
    FolderFamily(
      modelType: "phimoe", architecture: "phimoe",
      names: .common.with([
        "block_sparse_moe.gate": "ffn_gate_inp", "block_sparse_moe.experts.*.w1": "ffn_gate_exps",
        "block_sparse_moe.experts.*.w2": "ffn_down_exps", "block_sparse_moe.experts.*.w3": "ffn_up_exps",
      ]), ropeMagnitude: .longRope,
      fields: { fields throws(CheckpointError) in
        try fields.copyWindow()
        try fields.copyCount("num_local_experts", to: .expertCount)
        try fields.copyCount("num_experts_per_tok", to: .usedExpertCount)
        if let jitter = fields.config["router_jitter_noise"], try jitter.number() != 0.01 {
          throw jitter.unsupported("is not 0.01")
        }
      }),
    FolderFamily(
      modelType: "glm4_moe", architecture: "glm4moe",
      names: .common.with([
        "post_attention_layernorm": "post_attention_norm",
        "mlp.gate.e_score_correction_bias": "exp_probs_b.bias",
        "mlp.shared_experts.gate_proj": "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp",
        "mlp.shared_experts.down_proj": "ffn_down_shexp",
      ]), passesOverPredictionLayers: true,
      fields: { fields throws(CheckpointError) in try fields.copyGLMExperts() }),
    FolderFamily(
      modelType: "granitemoe", architecture: "granitemoe", names: .graniteExperts, pairsNeighbors: true,
      fields: { fields throws(CheckpointError) in try fields.copyGraniteExperts() }),
    FolderFamily(
      modelType: "granitemoeshared", architecture: "granitemoe", names: .graniteExperts, pairsNeighbors: true,
      fields: { fields throws(CheckpointError) in
        try fields.copyGraniteExperts()
        try fields.copyCount("shared_intermediate_size", to: .sharedExpertSize)
      }),
    FolderFamily(
      modelType: "gpt_oss", architecture: "gpt-oss",
      names: .common.with(
        [
          "post_attention_layernorm": "post_attention_norm", "self_attn.sinks": "attn_sinks.weight",
          "mlp.router": "ffn_gate_inp", "mlp.experts.down_proj_blocks": "ffn_down_exps.weight",
          "mlp.experts.down_proj_bias": "ffn_down_exps.bias",
        ],
        pairs: [
          "mlp.experts.gate_up_proj_blocks": FolderNames.Pair(
            first: "ffn_gate_exps.weight", second: "ffn_up_exps.weight", takesTurns: true),
          "mlp.experts.gate_up_proj_bias": FolderNames.Pair(
            first: "ffn_gate_exps.bias", second: "ffn_up_exps.bias", takesTurns: true),
        ]), headDimension: 64, leavesRampUnrounded: true,
      fields: { fields throws(CheckpointError) in try fields.copyGptOSSExperts() }),
  ]
}

extension FolderNames {
  /// Gates and ways up of all experts lie in one tensor, and so do the shared expert's.
  fileprivate static let graniteExperts = common.with(
    [
      "block_sparse_moe.router.layer": "ffn_gate_inp", "block_sparse_moe.output_linear": "ffn_down_exps",
      "shared_mlp.output_linear": "ffn_down_shexp",
    ],
    pairs: [
      "block_sparse_moe.input_linear": Pair(first: "ffn_gate_exps", second: "ffn_up_exps"),
      "shared_mlp.input_linear": Pair(first: "ffn_gate_shexp", second: "ffn_up_shexp"),
    ])
}

extension FolderMetadata {
  /// Experts in all layers but the first ones.
  fileprivate mutating func copyGLMExperts() throws(CheckpointError) {
    try copyCount("n_routed_experts", to: .expertCount)
    try copyCount("num_experts_per_tok", to: .usedExpertCount)
    try copyCount("moe_intermediate_size", to: .expertSize)
    try copyCount("n_shared_experts", to: .sharedExpertCount)
    try copyCount("first_k_dense_replace", to: .leadingDenseCount)
    try copyNumber("routed_scaling_factor", to: .expertWeightScale)
    set(.expertWeighting, .unsigned(2))
    set(.normalizesExpertWeights, .bool(try config["norm_topk_prob"]?.bool() ?? true))
    if config["partial_rotary_factor"] == nil, config["rope_parameters"]?["partial_rotary_factor"] == nil {
      throw config.invalid("lacks \"partial_rotary_factor\"")
    }
    if let groups = config["n_group"], groups.value.integer != 1 { throw groups.unsupported("is not 1") }
  }

  /// Experts in every layer.
  fileprivate mutating func copyQwenExperts() throws(CheckpointError) {
    try refuseWindow()
    try copyCount("num_experts", to: .expertCount)
    try copyCount("num_experts_per_tok", to: .usedExpertCount)
    try copyCount("moe_intermediate_size", to: .expertSize)
    set(.normalizesExpertWeights, .bool(try config["norm_topk_prob"]?.bool() ?? false))
    if let step = config["decoder_sparse_step"], step.value.integer != 1 {
      throw step.unsupported("leaves layers without experts")
    }
    if let dense = config["mlp_only_layers"], try !dense.array().isEmpty {
      throw dense.unsupported("names layers without experts")
    }
  }

  fileprivate mutating func copyGraniteExperts() throws(CheckpointError) {
    try copyGraniteFactors()
    try copyCount("num_local_experts", to: .expertCount)
    try copyCount("num_experts_per_tok", to: .usedExpertCount)
  }

  /// Experts in every layer, and a window in every other one.
  fileprivate mutating func copyGptOSSExperts() throws(CheckpointError) {
    try copyWindow()
    try copyPattern(period: 2)
    try copyCount("num_local_experts", to: .expertCount)
    try copyCount("num_experts_per_tok", to: .usedExpertCount)
    try copyCount("intermediate_size", to: .expertSize)
    if let limit = config["swiglu_limit"], try limit.number() != 7 { throw limit.unsupported("is not 7") }
  }
}
