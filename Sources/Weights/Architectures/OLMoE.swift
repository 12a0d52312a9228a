import Core

/// OLMoE: layers of experts with norms over all heads of queries and of keys, RoPE over halves of a head.
enum OLMoE {
  static let architecture = Architecture(
    name: "olmoe",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      let layers = try fields.gatedLayers(
        norm: norm, ropeLayout: .halfSplit, queryKeyNorm: .rows(norm), experts: try fields.experts(.softmaxOfAll))
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in TensorRule.gatedLayer(layer, in: model) + TensorRule.rowNorms(layer) },
    neutralValues: NeutralValue.withExperts)
}
