import Core

/// Phi-1, 1.5 and 2: attention and an ungated part with GELU read one layer norm and are added together; biases
/// everywhere, on the head as well; RoPE over halves of a part of a head.
enum Phi2 {
  static let architecture = Architecture(
    name: "phi2",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.layer(epsilon: try fields.epsilon(.layerNormEpsilon))
      var layers = try fields.ungatedLayers(norm: norm, ropeLayout: .halfSplit)
      for index in layers.indices { layers[index].residual = .parallel }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.ends(of: model) + [
        TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize]),
        TensorRule(.headBias, "output.bias", [model.vocabularySize]),
      ]
    },
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.fusedAttention(layer, in: model)
        + TensorRule.attentionBiases(layer) + TensorRule.fusedAttentionBiases(layer)
        + TensorRule.outputBiases(layer, in: model) + [
          TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize]),
          TensorRule(.attentionNormBias, "attn_norm.bias", [model.hiddenSize]),
        ]
    })
}
