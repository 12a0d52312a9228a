/// Sizes of the paged KV cache, the same for accounting (coordinator) and storage (workers).
///
/// A page holds `Limits.pageSize` tokens. In one layer and one key-value head it is a key block, transposed
/// (`[headDimension][pageSize]`), then a value block (`[pageSize][valueStride]`), each followed by
/// `[pageSize]` f32 scales where its type has them. The value half is never smaller than the key half: near keys may
/// lie in it.
package struct KVGeometry: Hashable, Sendable {
  package let keyValueHeadCount: Int
  package let headDimension: Int
  package let elementType: KVElementType

  package init(configuration: ModelConfiguration, elementType: KVElementType) {
    self.keyValueHeadCount = configuration.keyValueHeadCount
    self.headDimension = configuration.headDimension
    self.elementType = elementType
  }

  /// Values lie in whole vectors of 16 numbers.
  package var valueStride: Int { (headDimension + 15) / 16 * 16 }
  package var keyBlockByteCount: Int { Limits.pageSize * elementType.keyByteCount(dimensionCount: headDimension) }
  package var valueBlockByteCount: Int {
    max(keyBlockByteCount, Limits.pageSize * elementType.valueByteCount(dimensionCount: valueStride))
  }
  /// One page of one layer: all heads, keys and values.
  package var pageByteCount: Int { keyValueHeadCount * (keyBlockByteCount + valueBlockByteCount) }

  /// Pages that hold `tokenCount` tokens.
  package static func pageCount(tokens tokenCount: Int) -> Int {
    (tokenCount + Limits.pageSize - 1) / Limits.pageSize
  }

  /// Key blocks of the ring that holds the near view of the last w keys while a chunk is read; none when nothing
  /// groups.
  package static func nearBlockCount(policy: SelfExtendPolicy, chunkTokenCount: Int) -> Int {
    guard policy.groups, policy.neighborWindow > 0 else { return 0 }
    // One block more than the rows need, since neither end is aligned to a block.
    return pageCount(tokens: policy.neighborWindow + chunkTokenCount) + 1
  }

  /// Pages a sequence takes: its tokens' and, under a grouping policy, those of its ring of near keys.
  package static func pageCount(tokens tokenCount: Int, policy: SelfExtendPolicy, chunkTokenCount: Int) -> Int {
    pageCount(tokens: tokenCount) + nearPageCount(policy: policy, chunkTokenCount: chunkTokenCount)
  }

  /// Ring pages: the key and the value half of a page each hold one block of near keys.
  package static func nearPageCount(policy: SelfExtendPolicy, chunkTokenCount: Int) -> Int {
    (nearBlockCount(policy: policy, chunkTokenCount: chunkTokenCount) + 1) / 2
  }
}
