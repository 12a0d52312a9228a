import Core

/// GLM-4.5 and its successors: layers of experts but for the first, chosen by a sigmoid and a bias, with shared ones
/// beside them; RoPE over halves of a part of a head. Queries, keys and values may have biases, and their heads norms.
enum GLM4MoE {
  static let architecture = Architecture(
    name: "glm4moe",
    configuration: { fields throws(CheckpointError) in
      var fields = fields
      fields.passedOverLayerCount = try fields.predictionLayerCount()
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      let hasHeadNorms = fields.firstLayerHas("attn_q_norm.weight")
      var layers = try fields.gatedLayers(
        norm: norm, ropeLayout: .halfSplit, queryKeyNorm: hasHeadNorms ? .heads(norm) : nil)
      var experts = try fields.experts(.sigmoid(normalizes: true))
      experts.shared = try SharedExpertShape(fields, besides: experts)
      let denseCount = try fields.integer(.leadingDenseCount, in: 0...layers.count) ?? 0
      for index in denseCount..<layers.count { layers[index].feedForward = .experts(experts) }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.attentionBiases(layer, areOptional: true)
        + (layer.attention.queryKeyNorm == nil ? [] : TensorRule.headNorms(layer)) + [
          TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize]),
          TensorRule(.feedForwardNorm, "post_attention_norm.weight", [model.hiddenSize]),
        ]
    },
    neutralValues: NeutralValue.withExperts.without(.predictionLayerCount), passesOverPredictionLayers: true)
}
