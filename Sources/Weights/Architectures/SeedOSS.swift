import Core

/// Seed-OSS: Qwen2's layers; the norm of the feed-forward part has another name.
enum SeedOSS {
  static let architecture = Architecture(
    name: "seed_oss",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .halfSplit) },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.attentionBiases(layer, areOptional: true) + [
        TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize]),
        TensorRule(.feedForwardNorm, "post_attention_norm.weight", [model.hiddenSize]),
      ]
    })
}
