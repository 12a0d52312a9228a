import Core

/// EXAONE 4: gated layers that normalize what each part gives and nothing it reads, norms of the heads of queries and
/// keys, RoPE over halves of a head. The 32B model has three local layers to a global one, which has no positions.
enum EXAONE4 {
  static let architecture = Architecture(
    name: "exaone4",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit, queryKeyNorm: .heads(norm))
      let window = try fields.window()
      let isLocal = try fields.localLayers(count: layers.count, period: 4)
      for index in layers.indices {
        layers[index].residual = .postNorm
        guard let window else { continue }
        if isLocal[index] {
          layers[index].attention.span = .window(window)
        } else {
          layers[index].attention.rope = nil
        }
      }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: TensorRule.endsWithRopeFactors,
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.outputNorms(in: model) + TensorRule.headNorms(layer)
    },
    shapingTensors: [TensorName.ropeFactors])
}
