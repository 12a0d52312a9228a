import Core

/// Phi-3.5-MoE and Phi-mini-MoE: layers of experts with layer norms and biases on all but the experts, RoPE over halves
/// of a head with LongRoPE's factors, a window in every layer. Two experts of a token are weighed by SparseMixer.
enum PhiMoE {
  static let architecture = Architecture(
    name: "phimoe",
    configuration: { fields throws(CheckpointError) in
      let experts = try fields.experts(.sparseMixer(jitter: 0.01))
      guard experts.usedCount == 2 else {
        throw fields.metadata.refusal(
          fields.key(.usedExpertCount), "is \(experts.usedCount), where this family gives a token to 2")
      }
      // Files have the layer norms' epsilon under the key of RMS norms.
      let norm = NormKind.layer(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit, experts: experts)
      layers.applyWindow(try fields.window())
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.endsWithLongRope(of: model) + [
        TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize]),
        TensorRule(.headBias, "output.bias", [model.vocabularySize], isOptional: true),
      ]
    },
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.inputNormBiases(in: model)
        + TensorRule.attentionBiases(layer, areOptional: true)
        + [TensorRule(.attentionOutputBias, "attn_output.bias", [model.hiddenSize], isOptional: true)]
    },
    shapingTensors: [TensorName.longRopeFactors, TensorName.shortRopeFactors],
    neutralValues: NeutralValue.withExperts)
}
