import Core

/// SmolLM2-135M in Q4_1, as its file has it but for norms.
extension ModelConfiguration {
  static let smolLM2 = ModelConfiguration(
    name: "SmolLM2", architecture: "llama", layerCount: 30, hiddenSize: 576, feedForwardSize: 1536, queryHeadCount: 9,
    keyValueHeadCount: 3, headDimension: 64, vocabularySize: 49_152, trainedLength: 8192, normEpsilon: 1e-5,
    rope: RopeConfiguration(base: 100_000, rotaryDimension: 64, layout: .interleaved, scaling: .none),
    hasTiedHead: true)
}

extension WeightFootprint {
  static let smolLM2: WeightFootprint = {
    let matrices = 576 * (2 * 576 + 2 * 192) + 3 * 576 * 1536
    let table = 49_152 * 576
    return WeightFootprint(
      layers: Array(
        repeating: LayerCost(
          weightByteCount: matrices / 8 * 5, expertByteCount: 0, decodeByteCount: matrices / 8 * 5,
          products: ProductCount(integers: matrices, floats: 0)), count: 30),
      embeddingByteCount: table / 8 * 5, headByteCount: table / 8 * 5,
      headProducts: ProductCount(integers: table, floats: 0))
  }()
}
