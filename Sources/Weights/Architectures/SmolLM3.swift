import Core

/// SmolLM3: Llama's layers, every fourth without positions.
enum SmolLM3 {
  static let architecture = Architecture(
    name: "smollm3",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .interleaved)
      for index in model.layers.indices where index % 4 == 3 { model.layers[index].attention.rope = nil }
      return model
    },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)
}
