/// Sizes of the paged KV cache of one layer, the same for accounting (coordinator) and storage (workers).
///
/// A page holds `Limits.pageSize` tokens. In one key-value head it is a key block, transposed
/// (`[headDimension][pageSize]`), then a value block (`[pageSize][valueStride]`), each followed by
/// `[pageSize]` f32 scales where its type has them. The value half is never smaller than the key half: neighbor keys
/// may lie in it.
package struct KVGeometry: Hashable, Sendable {
  package let keyValueHeadCount: Int
  package let headDimension: Int
  package let elementType: KVElementType

  package init(attention: AttentionShape, elementType: KVElementType) {
    self.keyValueHeadCount = attention.keyValueHeadCount
    self.headDimension = attention.headDimension
    self.elementType = elementType
  }

  /// Values lie in whole vectors of 16 numbers.
  package var valueStride: Int { (headDimension + 15) / 16 * 16 }
  package var keyBlockByteCount: Int { Limits.pageSize * elementType.keyByteCount(dimensionCount: headDimension) }
  package var valueBlockByteCount: Int {
    max(keyBlockByteCount, Limits.pageSize * elementType.valueByteCount(dimensionCount: valueStride))
  }
  /// One page: all heads, keys and values.
  package var pageByteCount: Int { keyValueHeadCount * (keyBlockByteCount + valueBlockByteCount) }
}
