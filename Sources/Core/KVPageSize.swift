/// How many bytes a device takes for a KV page of a layer, by the layer's heads alone: planning needs no more of the
/// device's layout.
package struct KVPageSize: Hashable, Sendable {
  /// The size of one token's key, or value, in one key-value head.
  package struct Vector: Hashable, Sendable {
    /// Of a number.
    package var bitCount: Int
    /// Numbers are stored in whole groups of so many.
    package var groupSize: Int
    /// Bytes beside the numbers, such as a scale.
    package var extraByteCount: Int

    package init(bitCount: Int, groupSize: Int = 1, extraByteCount: Int = 0) {
      self.bitCount = bitCount
      self.groupSize = groupSize
      self.extraByteCount = extraByteCount
    }

    /// Numbers that are stored for a head of `dimension`.
    package func storedCount(dimension: Int) -> Int { (dimension + groupSize - 1) / groupSize * groupSize }

    /// Bytes of one vector of `dimension` numbers.
    package func byteCount(dimension: Int) -> Int {
      (storedCount(dimension: dimension) * bitCount + 7) / 8 + extraByteCount
    }
  }

  package var key: Vector
  package var value: Vector

  package init(key: Vector, value: Vector) {
    self.key = key
    self.value = value
  }

  /// Bytes of one page that a layer stores: all heads, keys and values; none where it attends to another layer's.
  package func byteCount(_ attention: AttentionShape) -> Int {
    attention.hasOwnKeys ? byteCountRead(attention) : 0
  }

  /// Bytes of one page that a layer attends to, its own or another layer's.
  package func byteCountRead(_ attention: AttentionShape) -> Int {
    attention.keyValueHeadCount * Limits.pageSize
      * (key.byteCount(dimension: attention.headDimension) + value.byteCount(dimension: attention.headDimension))
  }
}
