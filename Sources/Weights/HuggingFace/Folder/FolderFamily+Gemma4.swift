import Core

/// Gemma 4's text model, by itself or as a part of one that sees and hears, whose other parts are not read.
extension FolderFamily {
  static let gemma4: [FolderFamily] = [gemma4("gemma4_text", names: .gemma4), whole]

  private static let whole: FolderFamily = {
    var family = gemma4(
      "gemma4",
      names: .gemma4.around(
        prefix: "model.language_model.layers.",
        ends: [
          "model.language_model.embed_tokens": "token_embd", "model.language_model.norm": "output_norm",
          "lm_head": "output",
        ],
        besides: ["vision_tower", "embed_vision", "audio_tower", "embed_audio"].map { "model.\($0)." }))
    family.textPart = "text_config"
    return family
  }()

  private static func gemma4(_ modelType: String, names: FolderNames) -> FolderFamily {
    FolderFamily(
      modelType: modelType, architecture: "gemma4", names: names, tiesHead: true, activations: ["gelu_pytorch_tanh"],
      headDimension: 256, hasOwnRope: true,
      fields: { fields throws(CheckpointError) in
        try fields.requireNothingOfEveryLayer()
        try fields.requireFalse("attention_bias")
        if let seen = fields.config["use_bidirectional_attention"], try seen.string() != "vision" {
          throw seen.unsupported("is not \"vision\"")
        }
        try fields.copyCount("sliding_window", to: .window)
        try fields.copyNumber("final_logit_softcapping", to: .logitCap)
        try fields.copyHeads()
        guard try fields.config["enable_moe_block"]?.bool() == true else { return }
        try fields.copyCount("num_experts", to: .expertCount)
        try fields.copyCount("top_k_experts", to: .usedExpertCount)
        try fields.copyCount("moe_intermediate_size", to: .expertSize)
      })
  }
}

extension FolderNames {
  fileprivate static let gemma4 = sandwich.with(
    [
      "layer_scalar": "layer_output_scale.weight", "router.proj": "ffn_gate_inp", "router.scale": "ffn_gate_inp.scale",
      "router.per_expert_scale": "ffn_down_exps.scale", "experts.down_proj": "ffn_down_exps.weight",
      "post_feedforward_layernorm_1": "post_ffw_norm_1", "pre_feedforward_layernorm_2": "pre_ffw_norm_2",
      "post_feedforward_layernorm_2": "post_ffw_norm_2",
    ],
    pairs: ["experts.gate_up_proj": Pair(first: "ffn_gate_exps.weight", second: "ffn_up_exps.weight")])
}

extension FolderMetadata {
  /// What the small models have, whose configurations leave its usual size out.
  fileprivate func requireNothingOfEveryLayer() throws(CheckpointError) {
    let counts = 0...Int(Int32.max)
    guard let size = config["hidden_size_per_layer_input"], try size.integer(in: counts) == 0 else {
      throw (config["hidden_size_per_layer_input"] ?? config).unsupported("asks for embeddings in every layer")
    }
    if let shared = config["num_kv_shared_layers"], try shared.integer(in: counts) > 0 {
      throw shared.unsupported("asks for layers that attend to the keys of earlier layers")
    }
  }

  /// Which layers are global, their heads and their turn.
  fileprivate mutating func copyHeads() throws(CheckpointError) {
    let heads = try Gemma4Heads(config)
    set(.windowPattern, .array(MetadataArray(heads.isLocal)))
    let counts = heads.isLocal.map { UInt32($0 ? heads.local.count : heads.global.count) }
    set(.keyValueHeadCount, .array(MetadataArray(counts)))
    for key in [ModelKey.keyLength, .valueLength, .rotaryDimension] {
      set(key, .unsigned(UInt64(heads.global.size)))
    }
    for key in [ModelKey.localKeyLength, .localValueLength, .localRotaryDimension] {
      set(key, .unsigned(UInt64(heads.local.size)))
    }
    set(.ropeBase, .float(Double(Float(heads.global.base))))
    set(.localRopeBase, .float(Double(Float(heads.local.base))))
    // Pairs that are not to turn are divided by what leaves nothing, as in GGUF files.
    let factors = (0..<heads.global.size / 2).map { Float($0 < heads.turningPairCount ? 1 : 1e30) }
    self.factors.append((TensorName.ropeFactors, factors))
  }
}
