import Core

/// Qwen3 with experts in place of one feed-forward part: Qwen3-30B-A3B and others.
enum Qwen3MoE {
  static let architecture = Architecture(
    name: "qwen3moe",
    configuration: { fields throws(CheckpointError) in
      try fields.gatedModel(
        ropeLayout: .halfSplit, normalizesHeads: true, experts: try fields.experts(.softmaxOfChosen))
    },
    modelTensors: Qwen3.architecture.modelTensors, layerTensors: Qwen3.architecture.layerTensors,
    neutralValues: NeutralValue.withExperts)
}
