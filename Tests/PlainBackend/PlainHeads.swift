import Core
import Tensors

/// A row of queries or keys, divided into heads and normalized as the layer does.
struct PlainHeads {
  private let dimension: Int
  /// One, or one a head.
  private let norms: [PlainNorm]
  private let isOfRows: Bool

  init(_ shape: AttentionShape, _ weights: NormWeights?) {
    dimension = shape.headDimension
    switch (shape.queryKeyNorm, weights) {
    case (.heads(let kind), let weights?): (norms, isOfRows) = ([PlainNorm(kind, weights)], false)
    case (.rows(let kind), let weights?): (norms, isOfRows) = ([PlainNorm(kind, weights)], true)
    case (.eachHead(let kind), let weights?):
      let starts = stride(from: 0, to: weights.weights.count, by: shape.headDimension)
      norms = starts.map { PlainNorm(kind, NormWeights(Array(weights.weights[$0..<$0 + shape.headDimension]))) }
      isOfRows = false
    default: (norms, isOfRows) = ([], false)
    }
  }

  func normed(_ row: [Double]) -> [[Double]] {
    guard let first = norms.first else { return divided(row) }
    if isOfRows { return divided(first.applied(to: row)) }
    return divided(row).enumerated().map { (norms.count == 1 ? first : norms[$0]).applied(to: $1) }
  }

  func divided(_ row: [Double]) -> [[Double]] {
    stride(from: 0, to: row.count, by: dimension).map { Array(row[$0..<$0 + dimension]) }
  }
}
