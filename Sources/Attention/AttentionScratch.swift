import CKernels
import Tensors

/// What one thread needs to attend: rotated queries of a tile, running softmax states, kernel scratch. Allocated once.
final class AttentionScratch {
  /// Query rows (token x head of a group) that a tile may hold.
  let rowCapacity: Int
  /// `[rowCapacity, headDimension]`
  let farQueries: AlignedBuffer<Float>
  /// `[rowCapacity, headDimension]`
  let nearQueries: AlignedBuffer<Float>
  /// `[rowCapacity]`
  let positions: AlignedBuffer<Int64>
  /// Whole row: `[rowCapacity]`, `[rowCapacity]`, `[rowCapacity, valueStride]`
  let total: SoftmaxState
  /// One key split of it.
  let part: SoftmaxState
  let kernel: AlignedBuffer<Float>
  /// One head's key, before it is stored.
  let key: AlignedBuffer<Float>

  init(rowCapacity: Int, headDimension: Int, valueStride: Int) throws {
    self.rowCapacity = rowCapacity
    farQueries = try AlignedBuffer(count: rowCapacity * headDimension)
    nearQueries = try AlignedBuffer(count: rowCapacity * headDimension)
    positions = try AlignedBuffer(count: rowCapacity)
    total = try SoftmaxState(rowCapacity: rowCapacity, valueStride: valueStride)
    part = try SoftmaxState(rowCapacity: rowCapacity, valueStride: valueStride)
    kernel = try AlignedBuffer(count: Int(lh_attention_scratch_floats(Int64(rowCapacity))))
    key = try AlignedBuffer(count: headDimension)
  }
}

/// Running maximum, sum and weighted values of an online softmax, a row each.
final class SoftmaxState {
  let maximum: AlignedBuffer<Float>
  let sum: AlignedBuffer<Float>
  let values: AlignedBuffer<Float>
  private let valueStride: Int

  init(rowCapacity: Int, valueStride: Int) throws {
    maximum = try AlignedBuffer(count: rowCapacity)
    sum = try AlignedBuffer(count: rowCapacity)
    values = try AlignedBuffer(count: rowCapacity * valueStride)
    self.valueStride = valueStride
  }

  func begin(rowCount: Int) {
    lh_attention_begin(
      Int64(rowCount), Int64(valueStride), maximum.baseAddress, sum.baseAddress, values.baseAddress)
  }

  func absorb(_ part: SoftmaxState, rowCount: Int) {
    lh_attention_merge(
      Int64(rowCount), Int64(valueStride), maximum.baseAddress, sum.baseAddress, values.baseAddress,
      part.maximum.baseAddress, part.sum.baseAddress, part.values.baseAddress)
  }
}
