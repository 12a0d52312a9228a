import Core

/// Phi-3, 3.5, 4 and 4-mini: gated layers whose queries, keys and values are one tensor, as are gate and up; RoPE on
/// halves of a head or of a part of it, with LongRoPE's factors; a window in every layer.
enum Phi3 {
  static let architecture = Architecture(
    name: "phi3",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      var layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit)
      layers.applyWindow(try fields.window())
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: TensorRule.endsWithLongRope,
    layerTensors: { layer, model in
      TensorRule.inputNorms(in: model) + TensorRule.attention(layer, in: model)
        + TensorRule.fusedAttention(layer, in: model) + TensorRule.fusedGate(layer, in: model)
    },
    shapingTensors: [TensorName.longRopeFactors, TensorName.shortRopeFactors])
}
