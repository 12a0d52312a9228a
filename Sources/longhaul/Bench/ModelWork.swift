import Core

/// Operations and bytes per token of a model: the arithmetic behind GFLOP/s and GB/s. Pure.
struct ModelWork: Sendable {
  private let configuration: ModelConfiguration
  private let footprint: WeightFootprint
  private let pageSize: KVPageSize

  /// - Parameter pageSize: of the device that computes.
  init(configuration: ModelConfiguration, footprint: WeightFootprint, pageSize: KVPageSize) {
    self.configuration = configuration
    self.footprint = footprint
    self.pageSize = pageSize
  }

  /// Weights of all layers and the head, which a decode step reads once for any number of sequences.
  var weightByteCountPerStep: Int { footprint.layers.reduce(footprint.headByteCount) { $0 + $1.decodeByteCount } }

  /// Keys and values of one token in all layers, as they lie in pages.
  var kvByteCountPerToken: Int {
    configuration.layers.reduce(0) { $0 + pageSize.byteCount($1.attention) } / Limits.pageSize
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
    Double(footprint.layers.reduce(0) { $0 + $1.decodeByteCount }) < 1.9 * layerParameterCount
  }
}
