package import Core

extension ModelConfiguration {
  /// A Llama of the least size at which all of a real one's parts are there: heads share keys, and 300 tokens are more
  /// than bytes have values. For tests that fill it with random weights; `hidden` and `feedForward` multiples of 256
  /// suit every quantization.
  package static func small(
    layers: Int = 2, hidden: Int = 256, feedForward: Int = 768, vocabulary: Int = 300
  ) -> ModelConfiguration {
    ModelConfiguration(
      name: "small", architecture: "llama", layerCount: layers, hiddenSize: hidden, feedForwardSize: feedForward,
      queryHeadCount: 4, keyValueHeadCount: 2, headDimension: hidden / 4, vocabularySize: vocabulary,
      trainedLength: 512, normEpsilon: 1e-5,
      rope: RopeConfiguration(base: 10_000, rotaryDimension: hidden / 4, layout: .interleaved, scaling: .none),
      hasTiedHead: false)
  }

  /// The same with experts in place of each layer's feed-forward part.
  package func withExperts(_ shape: ExpertsShape) -> ModelConfiguration {
    var model = self
    for layer in model.layers.indices { model.layers[layer].feedForward = .experts(shape) }
    return model
  }
}
