import Core

/// GLM-4-0414: layers with norms before and after each part, gate and up in one tensor, RoPE over neighboring numbers
/// of a part of a head; queries, keys and values may have biases.
enum GLM4 {
  static let architecture = Architecture(
    name: "glm4",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .interleaved)
      for index in model.layers.indices { model.layers[index].residual = .sandwich }
      return model
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.inputNorms(in: model) + TensorRule.outputNorms(in: model)
        + TensorRule.attention(layer, in: model) + TensorRule.attentionBiases(layer, areOptional: true)
        + TensorRule.fusedGate(layer, in: model)
    })
}
