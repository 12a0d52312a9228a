package import Core
package import Tensors

/// A layer's norms of single heads: each query head and each key head is normalized before it is turned.
package struct HeadNorms: Sendable {
  private let kind: NormKind
  /// `[headDimension]`
  private let query: NormWeights
  /// `[headDimension]`
  private let key: NormWeights

  package init(_ kind: NormKind, query: NormWeights, key: NormWeights) {
    self.kind = kind
    self.query = query
    self.key = key
  }

  /// `result` is the norm of a query head.
  func normalize(query head: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    kind.apply(to: head, query, into: result)
  }

  /// `result` is the norm of a key head.
  func normalize(key head: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    kind.apply(to: head, key, into: result)
  }
}
