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
        ].merging(FolderNames.perLayerEnds(prefix: "model.language_model.")) { $1 },
        besides: ["vision_tower", "embed_vision", "audio_tower", "embed_audio"].map { "model.\($0)." }))
    family.textPart = "text_config"
    return family
  }()

  private static func gemma4(_ modelType: String, names: FolderNames) -> FolderFamily {
    FolderFamily(
      modelType: modelType, architecture: "gemma4", names: names, tiesHead: true, activations: ["gelu_pytorch_tanh"],
      headDimension: 256, hasOwnRope: true,
      fields: { fields throws(CheckpointError) in
        try fields.requireFalse("attention_bias")
        if let seen = fields.config["use_bidirectional_attention"], try seen.string() != "vision" {
          throw seen.unsupported("is not \"vision\"")
        }
        try fields.copyCount("sliding_window", to: .window)
        try fields.copyNumber("final_logit_softcapping", to: .logitCap)
        try Gemma4Heads(fields.config).write(into: &fields)
        try fields.copyPerLayerInputs()
        try fields.copySharing()
        guard try fields.config["enable_moe_block"]?.bool() == true else { return }
        try fields.copyCount("num_experts", to: .expertCount)
        try fields.copyCount("top_k_experts", to: .usedExpertCount)
        try fields.copyCount("moe_intermediate_size", to: .expertSize)
      })
  }
}

extension FolderNames {
  /// What all layers' own inputs are made of.
  fileprivate static func perLayerEnds(prefix: String) -> [String: String] {
    [
      prefix + "embed_tokens_per_layer": "per_layer_token_embd",
      prefix + "per_layer_model_projection": "per_layer_model_proj",
      prefix + "per_layer_projection_norm": "per_layer_proj_norm",
    ]
  }

  fileprivate static let gemma4 = sandwich.with(
    [
      "layer_scalar": "layer_output_scale.weight", "router.proj": "ffn_gate_inp", "router.scale": "ffn_gate_inp.scale",
      "router.per_expert_scale": "ffn_down_exps.scale", "experts.down_proj": "ffn_down_exps.weight",
      "post_feedforward_layernorm_1": "post_ffw_norm_1", "pre_feedforward_layernorm_2": "pre_ffw_norm_2",
      "post_feedforward_layernorm_2": "post_ffw_norm_2", "per_layer_input_gate": "inp_gate",
      "per_layer_projection": "proj", "post_per_layer_input_norm": "post_norm",
    ],
    ends: perLayerEnds(prefix: "model."),
    pairs: ["experts.gate_up_proj": Pair(first: "ffn_gate_exps.weight", second: "ffn_up_exps.weight")])
}

extension FolderMetadata {
  /// Each token's own inputs of layers, which a configuration that does not say has, in their usual size.
  fileprivate mutating func copyPerLayerInputs() throws(CheckpointError) {
    let size = try config["hidden_size_per_layer_input"]?.integer(in: 0...Limits.maximumHiddenSize) ?? 256
    set(.perLayerInputSize, .unsigned(UInt64(size)))
    guard size > 0, let count = config["vocab_size_per_layer_input"] else { return }
    let tokens = try config.required("vocab_size").integer(in: 0...Int(Int32.max))
    guard try count.integer(in: 0...Int(Int32.max)) == tokens else {
      throw count.unsupported("is not the vocab_size of \(tokens)")
    }
  }

  /// The last layers, which attend to other layers' keys; their feed-forward parts may be twice as wide.
  fileprivate mutating func copySharing() throws(CheckpointError) {
    let layerCount = try config.required("num_hidden_layers").integer(in: 1...Limits.maximumLayerCount)
    let count = try config["num_kv_shared_layers"]?.integer(in: 0...layerCount - 1) ?? 0
    set(.sharedLayerCount, .unsigned(UInt64(count)))
    guard count > 0, try config["use_double_wide_mlp"]?.bool() == true else { return }
    let size = try config.required("intermediate_size").integer(in: 1...GGUFLimits.innerSize)
    let sizes = (0..<layerCount).map { UInt32($0 < layerCount - count ? size : 2 * size) }
    set(.feedForwardSize, .array(MetadataArray(sizes)))
  }
}
