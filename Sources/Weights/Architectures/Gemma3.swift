import Core

/// Gemma 3's text model: Gemma 2's layers without caps, with norms of the heads of queries and keys, and with five
/// local layers to a global one. Local layers turn by a base of their own, and no scaling is theirs.
enum Gemma3 {
  static let architecture = Architecture(
    name: "gemma3",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(
        norm: norm, ropeLayout: .halfSplit, queryKeyNorm: .heads(norm), activation: .geluTanh)
      let window = try fields.window()
      let isLocal = try fields.localLayers(count: layers.count, period: 6)
      let localBase = try fields.positiveNumber(.localRopeBase) ?? 10_000
      for index in layers.indices {
        layers[index].residual = .sandwich
        layers[index].attention.scoreScale = layers[index].attention.gemmaScoreScale(
          hiddenSize: try fields.hiddenSize(), isLargest: layers.count == 62)
        guard isLocal[index], let window else { continue }
        layers[index].attention.span = .window(window)
        layers[index].attention.rope?.base = localBase
        layers[index].attention.rope?.scaling = .none
      }
      var model = try fields.gemmaModel(layers: layers, norm: norm)
      model.logitCap = try fields.cap(.logitCap)
      return model
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.gatedLayer(layer, in: model) + TensorRule.outputNorms(in: model) + TensorRule.headNorms(layer)
    },
    neutralValues: NeutralValue.common.without(.logitCap))
}
