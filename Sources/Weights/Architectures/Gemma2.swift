import Core

/// Gemma 2: Gemma's layers with norms before and after each part, caps on scores and logits, and every other layer
/// local, beginning with the first.
enum Gemma2 {
  static let architecture = Architecture(
    name: "gemma2",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit, activation: .geluTanh)
      let window = try fields.window() ?? 4096
      let isLocal = try fields.localLayers(count: layers.count, period: 2)
      for index in layers.indices {
        layers[index].residual = .sandwich
        layers[index].attention.scoreScale = layers[index].attention.gemmaScoreScale(
          hiddenSize: try fields.hiddenSize(), isLargest: layers.count == 46)
        layers[index].attention.scoreCap = try fields.cap(.scoreCap)
        if isLocal[index] { layers[index].attention.span = .window(window) }
      }
      var model = try fields.gemmaModel(layers: layers, norm: norm)
      model.logitCap = try fields.cap(.logitCap)
      return model
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in TensorRule.gatedLayer(layer, in: model) + TensorRule.outputNorms(in: model) },
    neutralValues: NeutralValue.common.without(.scoreCap, .logitCap))
}
