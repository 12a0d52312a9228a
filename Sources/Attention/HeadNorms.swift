package import Core
package import Tensors

/// A layer's norms of single heads: each query head and each key head is normalized before it is turned.
package struct HeadNorms: Sendable {
  private let kind: NormKind
  /// `[headDimension]`, or `[queryHeads, headDimension]`.
  private let query: NormWeights
  /// `[headDimension]`, or `[keyValueHeads, headDimension]`; nil where the layer makes no keys.
  private let key: NormWeights?
  private let headDimension: Int

  /// The norms of heads of `headDimension` numbers: weights for one head, which all share, or for each.
  package init(_ kind: NormKind, query: NormWeights, key: NormWeights?, headDimension: Int) {
    self.kind = kind
    self.query = query
    self.key = key
    self.headDimension = headDimension
  }

  /// `result` is the norm of a query head.
  /// - Parameter index: which of the layer's.
  func normalize(query head: UnsafePointer<Float>, of index: Int, into result: UnsafeMutablePointer<Float>) {
    kind.apply(to: head, query, part: part(of: index, query), into: result)
  }

  /// `result` is the norm of a key head.
  /// - Parameter index: which of the layer's.
  func normalize(key head: UnsafePointer<Float>, of index: Int, into result: UnsafeMutablePointer<Float>) {
    guard let key else { preconditionFailure("the layer makes no keys") }
    kind.apply(to: head, key, part: part(of: index, key), into: result)
  }

  private func part(of index: Int, _ norm: NormWeights) -> Range<Int> {
    guard norm.weights.count > headDimension else { return norm.weights.indices }
    return index * headDimension..<(index + 1) * headDimension
  }
}
