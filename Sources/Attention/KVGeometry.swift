package import Core

/// How a page of one layer lies in memory.
///
/// In one key-value head a page is a key block, transposed (`[headDimension][pageSize]`), then a value block
/// (`[pageSize][valueStride]`), each followed by `[pageSize]` f32 scales where its type has them. A value block has at
/// least the bytes of a key block: neighbor keys may lie in it.
struct KVGeometry {
  /// Numbers of a vector.
  fileprivate static let laneCount = 16

  let keyBlockByteCount: Int
  let valueBlockByteCount: Int
  /// One page: all heads, keys and values.
  let pageByteCount: Int

  init(attention: AttentionShape, elementType: KVElementType) {
    let size = elementType.pageSize
    keyBlockByteCount = Limits.pageSize * size.key.byteCount(dimension: attention.headDimension)
    valueBlockByteCount = Limits.pageSize * size.value.byteCount(dimension: attention.headDimension)
    pageByteCount = size.byteCount(attention)
  }

  /// Numbers of a stored value: whole vectors.
  static func valueStride(_ headDimension: Int) -> Int { (headDimension + laneCount - 1) / laneCount * laneCount }
}

extension KVElementType {
  /// The sizes of pages in the layout that the attention kernels read.
  package var pageSize: KVPageSize {
    // A value has as much beside its numbers as a key, which may take its place.
    let (bitCount, extraByteCount) =
      switch self {
      case .i16: (16, 4)
      case .f16, .bf16: (16, 0)
      case .f32: (32, 0)
      case .q8_0: (8, 4)
      }
    return KVPageSize(
      key: .init(bitCount: bitCount, extraByteCount: extraByteCount),
      value: .init(bitCount: bitCount, groupSize: KVGeometry.laneCount, extraByteCount: extraByteCount))
  }
}
