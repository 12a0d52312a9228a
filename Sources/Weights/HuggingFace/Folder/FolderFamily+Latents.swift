import Core
import JSON

/// Families whose keys and values are made of one vector for all heads.
extension FolderFamily {
  static let latents: [FolderFamily] = [
    FolderFamily(
      modelType: "deepseek_v2", architecture: "deepseek2", names: .latents, hasLatents: true,
      ropeMagnitude: .yarnOfScores, passesOverPredictionLayers: true,
      fields: { fields throws(CheckpointError) in
        try fields.copyLatents()
        try fields.requireWord("scoring_func", "softmax")
        try fields.requireFalse("norm_topk_prob")
        let method = try fields.config["topk_method"]?.string() ?? "greedy"
        guard ["greedy", "group_limited_greedy"].contains(method) else {
          throw fields.config.unsupported("has the topk_method \"\(printable(method))\"")
        }
        if method != "greedy" { try fields.copyExpertGroups() }
      }),
    FolderFamily(
      modelType: "deepseek_v3", architecture: "deepseek2", names: .latents, hasLatents: true,
      ropeMagnitude: .yarnOfScores, passesOverPredictionLayers: true,
      // What a configuration of V3 means that leaves them out.
      standIns: { _ in ["n_group": 8, "topk_group": 4] },
      fields: { fields throws(CheckpointError) in
        try fields.copyLatents()
        if fields.config["routed_scaling_factor"] == nil { fields.set(.expertWeightScale, .float(2.5)) }
        try fields.requireWord("scoring_func", "sigmoid")
        try fields.requireWord("topk_method", "noaux_tc")
        if let neighbors = fields.config["rope_interleave"], try !neighbors.bool() {
          throw neighbors.unsupported("is false")
        }
        fields.set(.expertWeighting, .unsigned(2))
        fields.set(.normalizesExpertWeights, .bool(try fields.config["norm_topk_prob"]?.bool() ?? true))
        try fields.copyExpertGroups()
      }),
  ]
}

extension FolderNames {
  fileprivate static let latents = common.with([
    "self_attn.q_a_proj": "attn_q_a", "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b",
    "self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm",
    "self_attn.kv_b_proj": "attn_kv_b", "mlp.gate.e_score_correction_bias": "exp_probs_b.bias",
    "mlp.shared_experts.gate_proj": "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp",
    "mlp.shared_experts.down_proj": "ffn_down_shexp",
  ])
}

extension FolderMetadata {
  /// Sizes of latents, and experts in all layers but the first ones.
  fileprivate mutating func copyLatents() throws(CheckpointError) {
    try copyCount("kv_lora_rank", to: .latentSize)
    if config["q_lora_rank"] != nil { try copyCount("q_lora_rank", to: .queryLatentSize) }
    try copyCount("n_routed_experts", to: .expertCount)
    try copyCount("num_experts_per_tok", to: .usedExpertCount)
    try copyCount("moe_intermediate_size", to: .expertSize)
    if config["n_shared_experts"] != nil { try copyCount("n_shared_experts", to: .sharedExpertCount) }
    try copyCount("first_k_dense_replace", to: .leadingDenseCount)
    try copyNumber("routed_scaling_factor", to: .expertWeightScale)
    if let step = config["moe_layer_freq"], step.value.integer != 1 {
      throw step.unsupported("leaves layers without experts")
    }
  }

  fileprivate mutating func copyExpertGroups() throws(CheckpointError) {
    try copyCount("n_group", to: .expertGroupCount)
    try copyCount("topk_group", to: .usedExpertGroupCount)
  }

  /// Throws for another word than the family's where the configuration has one.
  fileprivate func requireWord(_ name: String, _ word: String) throws(CheckpointError) {
    guard let value = config[name], try value.string() != word else { return }
    throw value.unsupported("is not \"\(word)\"")
  }
}
