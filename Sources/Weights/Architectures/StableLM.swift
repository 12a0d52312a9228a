import Core

/// StableLM 3B and StableLM 2: gated layers with layer norms that have biases, and RoPE over halves of a part of a
/// head; queries, keys and values may have biases. StableLM 2 12B has a layer norm of each head of queries and keys,
/// and adds attention and the gated part together, which read one norm.
enum StableLM {
  static let architecture = Architecture(
    name: "stablelm",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.layer(epsilon: try fields.epsilon(.layerNormEpsilon))
      let hasHeadNorms = fields.firstLayerHas("attn_q_norm.weight")
      var layers = try fields.gatedLayers(
        norm: norm, ropeLayout: .halfSplit, queryKeyNorm: hasHeadNorms ? .eachHead(norm) : nil)
      // Converters write that the parts are parallel where they are not, too; a second norm is the sign.
      let statesParallel = try fields.metadata.flag(fields.key(.parallelResidual)) ?? false
      if statesParallel, !fields.firstLayerHas("ffn_norm.weight") {
        for index in layers.indices { layers[index].residual = .parallel }
      }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.ends(of: model) + [TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize])]
    },
    layerTensors: { layer, model in
      let norms = TensorRule.inputNorms(in: model) + TensorRule.inputNormBiases(in: model)
      let isParallel = layer.residual == .parallel
      return norms.filter { !isParallel || $0.name.hasPrefix("attn_norm") } + TensorRule.projections(layer, in: model)
        + TensorRule.normsOfEachHead(layer) + TensorRule.attentionBiases(layer, areOptional: true)
    },
    neutralValues: NeutralValue.common.without(.parallelResidual))
}
