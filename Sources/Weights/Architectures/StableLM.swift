import Core

/// StableLM 3B and StableLM 2 1.6B: gated layers with layer norms that have biases, and RoPE over halves of a part of
/// a head; queries, keys and values may have biases.
enum StableLM {
  static let architecture = Architecture(
    name: "stablelm",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.layer(epsilon: try fields.epsilon(.layerNormEpsilon))
      let layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit)
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.ends(of: model) + [TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize])]
    },
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.inputNormBiases(in: model)
        + TensorRule.attentionBiases(layer, areOptional: true)
    })
}
