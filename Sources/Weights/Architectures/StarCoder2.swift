import Core

/// StarCoder2: layers with layer norms and an ungated part with GELU, biases everywhere but on the head, RoPE over
/// halves of a head, and in some files a window in every layer.
enum StarCoder2 {
  static let architecture = Architecture(
    name: "starcoder2",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.layer(epsilon: try fields.epsilon(.layerNormEpsilon))
      var layers = try fields.ungatedLayers(norm: norm, ropeLayout: .halfSplit)
      layers.applyWindow(try fields.window())
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.ends(of: model) + [TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize])]
    },
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.inputNormBiases(in: model)
        + TensorRule.attentionBiases(layer) + TensorRule.outputBiases(layer, in: model)
    })
}
