import Core

/// OLMo 2 and 3: gated layers that normalize what each part gives and nothing it reads, norms over all heads of
/// queries and of keys, RoPE over halves of a head. OLMo 3 has three local layers to a global one, and YaRN in the
/// global ones alone.
enum OLMo2 {
  static let architecture = Architecture(
    name: "olmo2",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit, queryKeyNorm: .rows(norm))
      let window = try fields.window()
      let isLocal = try fields.localLayers(count: layers.count, period: 4)
      for index in layers.indices {
        layers[index].residual = .postNorm
        guard isLocal[index], let window else { continue }
        layers[index].attention.span = .window(window)
        layers[index].attention.rope?.scaling = .none
      }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.outputNorms(in: model) + TensorRule.rowNorms(layer)
    })
}
