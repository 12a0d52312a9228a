import Core

/// Qwen3: gated layers with an RMS norm on each query and key head before RoPE, which pairs halves of a head.
enum Qwen3 {
  static let architecture = Architecture(
    name: "qwen3",
    configuration: { fields throws(CheckpointError) in
      try fields.gatedModel(ropeLayout: .halfSplit, normalizesHeads: true)
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.headNorms(layer)
    })
}
