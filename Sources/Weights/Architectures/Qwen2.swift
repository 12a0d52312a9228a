import Core

/// Qwen2 and Qwen2.5: gated layers with biases on queries, keys and values, and RoPE over halves of a head.
enum Qwen2 {
  static let architecture = Architecture(
    name: "qwen2",
    configuration: { fields throws(CheckpointError) in try fields.gatedModel(ropeLayout: .halfSplit) },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.attentionBiases(layer)
    })
}
