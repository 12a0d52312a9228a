import Core
import Tensors

/// A row of queries or keys, divided into heads and normalized as the layer does.
struct PlainHeads {
  private let dimension: Int
  private let norm: PlainNorm?
  private let isOfRows: Bool

  init(_ shape: AttentionShape, _ weights: NormWeights?) {
    dimension = shape.headDimension
    switch (shape.queryKeyNorm, weights) {
    case (.heads(let kind), let weights?): (norm, isOfRows) = (PlainNorm(kind, weights), false)
    case (.rows(let kind), let weights?): (norm, isOfRows) = (PlainNorm(kind, weights), true)
    default: (norm, isOfRows) = (nil, false)
    }
  }

  func normed(_ row: [Double]) -> [[Double]] {
    guard let norm else { return divided(row) }
    return isOfRows ? divided(norm.applied(to: row)) : divided(row).map(norm.applied)
  }

  func divided(_ row: [Double]) -> [[Double]] {
    stride(from: 0, to: row.count, by: dimension).map { Array(row[$0..<$0 + dimension]) }
  }
}
