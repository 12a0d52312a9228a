import Core

/// Operations and bytes per token of a model: the arithmetic behind GFLOP/s and GB/s. Pure.
struct ModelWork: Sendable {
  private let configuration: ModelConfiguration
  private let footprint: WeightFootprint
  private let kvElementType: KVElementType

  init(configuration: ModelConfiguration, footprint: WeightFootprint, kvElementType: KVElementType) {
    self.configuration = configuration
    self.footprint = footprint
    self.kvElementType = kvElementType
  }

  /// Weights of all layers and the head, which a decode step reads once for any number of sequences.
  var weightByteCountPerStep: Int { footprint.activeLayerByteCounts.reduce(0, +) + footprint.headByteCount }

  /// Keys and values of one token in all layers.
  var kvByteCountPerToken: Int {
    configuration.layers.map(\.attention).reduce(0) { sum, layer in
      let dimension = layer.headDimension
      let perHead =
        kvElementType.keyByteCount(dimensionCount: dimension) + kvElementType.valueByteCount(dimensionCount: dimension)
      return sum + layer.keyValueHeadCount * perHead
    }
  }

  /// Elements of the matrices in all layers, without the head.
  private var layerParameterCount: Double {
    configuration.layers.reduce(0) { sum, layer in
      let attention = configuration.hiddenSize * (2 * layer.attention.querySize + 2 * layer.attention.keyValueSize)
      return sum + Double(attention + layer.feedForward.parameterCount(hiddenSize: configuration.hiddenSize))
    }
  }

  /// Operations (a multiplication and an addition are two) to prefill `count` tokens after `depth`, with the head once.
  func prefillOperationCount(count: Int, depth: Int) -> Double {
    let pairs = Double(count) * (Double(depth) + Double(count + 1) / 2)
    let attention = 4 * Double(configuration.layers.reduce(0) { $0 + $1.attention.querySize }) * pairs
    let head = 2 * Double(configuration.hiddenSize) * Double(configuration.vocabularySize)
    return 2 * layerParameterCount * Double(count) + attention + head
  }

  /// Bytes read to decode one token at `depth`: its share of a step's weights, and the KV cache of its sequence.
  func decodeByteCount(stepsPerToken: Double, depth: Int) -> Double {
    Double(weightByteCountPerStep) * stepsPerToken + Double(depth) * Double(kvByteCountPerToken)
  }

  /// Whether the weights are integers with scales, so that int8 rather than f32 arithmetic limits the products.
  var hasIntegerWeights: Bool {
    // Float types take at least two bytes per element.
    Double(footprint.activeLayerByteCounts.reduce(0, +)) < 1.9 * layerParameterCount
  }
}
