import Core

/// gpt-oss: layers of experts with biases everywhere and attention with sinks, every other one local, beginning with
/// the first.
enum GptOSS {
  static let architecture = Architecture(
    name: "gpt-oss",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(
        ropeLayout: .halfSplit,
        experts: try fields.experts(.softmaxOfChosen, activation: .clampedSwiGLU(alpha: 1.702, limit: 7)))
      let window = try fields.window()
      let isLocal = try fields.localLayers(count: model.layerCount, period: 2)
      for index in model.layers.indices {
        model.layers[index].attention.hasSinks = true
        model.layers[index].attention.rope?.unroundRamp()
        if let window, isLocal[index] { model.layers[index].attention.span = .window(window) }
      }
      return model
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      [
        TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize]),
        TensorRule(.feedForwardNorm, "post_attention_norm.weight", [model.hiddenSize]),
        TensorRule(.attentionSinks, "attn_sinks.weight", [layer.attention.queryHeadCount]),
        TensorRule(.attentionOutputBias, "attn_output.bias", [model.hiddenSize]),
      ] + TensorRule.projections(layer, in: model) + TensorRule.attentionBiases(layer)
        + TensorRule.expertBiases(layer.feedForward, hidden: model.hiddenSize)
    },
    neutralValues: NeutralValue.withExperts)
}

extension RopeConfiguration {
  /// The model's own program begins and ends YaRN's ramp between pairs; files do not say so.
  fileprivate mutating func unroundRamp() {
    guard case .yarn(let factor, let length, let fast, let slow, let attentionFactor, _) = scaling else { return }
    scaling = .yarn(
      factor: factor, originalLength: length, betaFast: fast, betaSlow: slow, attentionFactor: attentionFactor,
      roundsRamp: false)
  }
}
