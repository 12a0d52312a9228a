import Glibc
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

  /// Weights of all layers and the head that a decode step reads for `rows` sequences: once for all of them, but for
  /// experts, of which it reads those that any sequence is given to. These are as many as tokens meet that are given to
  /// any experts alike.
  private func weightByteCountPerStep(rows: Double) -> Double {
    zip(footprint.layers, configuration.layers).reduce(Double(footprint.headByteCount)) { sum, layer in
      let (cost, share) = (layer.0, layer.1.feedForward.activeShare)
      guard share < 1 else { return sum + Double(cost.decodeByteCount) }
      let ofExperts = Double(cost.weightByteCount - cost.decodeByteCount) / (1 - share)
      return sum + Double(cost.weightByteCount) - ofExperts * pow(1 - share, rows)
    }
  }

  /// Keys and values of one token that all layers read.
  var kvByteCountPerToken: Int {
    configuration.layers.reduce(0) { $0 + pageSize.byteCountRead($1.attention) } / Limits.pageSize
  }

  /// Elements of the matrices in all layers that a token is multiplied with, without the head.
  private var layerParameterCount: Double {
    configuration.layers.reduce(0) { $0 + Double($1.activeParameterCount(hiddenSize: configuration.hiddenSize)) }
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
    weightByteCountPerStep(rows: 1 / stepsPerToken) * stepsPerToken + Double(depth) * Double(kvByteCountPerToken)
  }

  /// Whether the weights are integers with scales, so that int8 rather than f32 arithmetic limits the products.
  var hasIntegerWeights: Bool {
    // Float types take at least two bytes per element.
    Double(footprint.layers.reduce(0) { $0 + $1.decodeByteCount }) < 1.9 * layerParameterCount
  }
}
