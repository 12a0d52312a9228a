import CKernels
import Tensors

/// Memory for the running maximum, sum and weighted values of online softmaxes, a row each.
final class SoftmaxState {
  private let maximum: AlignedBuffer<Float>
  private let sum: AlignedBuffer<Float>
  private let values: AlignedBuffer<Float>
  private let valueCapacity: Int

  /// - Parameter valueStride: of the widest values.
  init(rowCapacity: Int, valueStride: Int) throws {
    maximum = try AlignedBuffer(count: rowCapacity)
    sum = try AlignedBuffer(count: rowCapacity)
    values = try AlignedBuffer(count: rowCapacity * valueStride)
    valueCapacity = valueStride
  }

  /// Rows from `first` on, whose values are `valueStride` wide.
  func rows(first: Int, count: Int, valueStride: Int) -> SoftmaxRows {
    precondition(first >= 0 && count >= 0 && first + count <= maximum.count, "rows outside the softmax state")
    precondition(valueStride <= valueCapacity, "values wider than the softmax state's")
    return SoftmaxRows(
      count: count, valueStride: valueStride, maximum: maximum.baseAddress + first, sum: sum.baseAddress + first,
      values: values.baseAddress + first * valueStride)
  }
}

/// Some rows of a `SoftmaxState`, valid as long as that is.
struct SoftmaxRows {
  let count: Int
  let valueStride: Int
  /// `[count]`
  let maximum: UnsafeMutablePointer<Float>
  /// `[count]`
  let sum: UnsafeMutablePointer<Float>
  /// `[count, valueStride]`
  let values: UnsafeMutablePointer<Float>

  func begin() { lh_attention_begin(Int64(count), Int64(valueStride), maximum, sum, values) }

  /// Adds a later part of the keys. Parts must come in ascending order of their keys.
  func absorb(_ part: SoftmaxRows) {
    lh_attention_merge(
      Int64(count), Int64(valueStride), maximum, sum, values, part.maximum, part.sum, part.values)
  }
}
