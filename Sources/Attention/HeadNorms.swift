package import Core
import Tensors

/// A layer's norms of single heads: each query head and each key head is normalized before it is turned.
package struct HeadNorms: Sendable {
  private let kind: NormKind
  /// `[headDimension]`
  private let query: [Float]
  /// `[headDimension]`
  private let key: [Float]

  package init(_ kind: NormKind, query: [Float], key: [Float]) {
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
