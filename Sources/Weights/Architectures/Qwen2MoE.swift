import Core

/// Qwen2 with experts in place of one feed-forward part, one of them for every token: Qwen1.5-MoE-A2.7B,
/// Qwen2-57B-A14B.
enum Qwen2MoE {
  static let architecture = Architecture(
    name: "qwen2moe",
    configuration: { fields throws(CheckpointError) in
      try fields.gatedModel(
        ropeLayout: .halfSplit, experts: try fields.experts(.softmaxOfAll, hasGatedSharedExpert: true))
    },
    modelTensors: Qwen2.architecture.modelTensors, layerTensors: Qwen2.architecture.layerTensors,
    neutralValues: NeutralValue.withExperts)
}
