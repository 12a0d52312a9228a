import Core

/// Gemma: gated layers with GELU, embeddings times the root of their width, and RoPE over halves of a head. Norms
/// have their weights as the file states them: the 1 that Gemma adds is in them.
enum Gemma {
  static let architecture = Architecture(
    name: "gemma",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.rms(epsilon: try fields.epsilon(.rmsEpsilon))
      let layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit, activation: .geluTanh)
      return try fields.gemmaModel(layers: layers, norm: norm)
    },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)
}

extension ModelFields {
  /// A model of these layers whose embeddings are scaled as all of Gemma's are.
  func gemmaModel(layers: [LayerShape], norm: NormKind) throws(CheckpointError) -> ModelConfiguration {
    var model = try model(layers: layers, outputNorm: norm)
    model.embeddingScale = Float(model.hiddenSize).squareRoot()
    return model
  }
}

extension AttentionShape {
  /// The scale of scores of Gemma 2 and 3. No key has it: the 27B models, known by their number of layers, divide by
  /// the root of the width over the heads, and all others by that of a head.
  func gemmaScoreScale(hiddenSize: Int, isLargest: Bool) -> Float {
    isLargest ? 1 / Float(hiddenSize / queryHeadCount).squareRoot() : scoreScale
  }
}
