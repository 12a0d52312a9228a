import CKernels
import Tensors

/// What one thread needs to attend: rotated queries of a tile, running softmax states, kernel scratch. Allocated once.
final class AttentionScratch {
  /// `[rowCapacity, headDimension]`
  let farQueries: AlignedBuffer<Float>
  /// `[rowCapacity, headDimension]`
  let nearQueries: AlignedBuffer<Float>
  /// `[rowCapacity]`
  let positions: AlignedBuffer<Int64>
  /// Splits merged so far.
  let total: SoftmaxState
  /// One key split.
  let part: SoftmaxState
  let kernel: AlignedBuffer<Float>
  /// One head's key, before it is stored.
  let key: AlignedBuffer<Float>

  /// - Parameter rowCapacity: query rows (token x head of a group) that a tile may hold.
  init(rowCapacity: Int, shape: AttentionShape) throws {
    farQueries = try AlignedBuffer(count: rowCapacity * shape.headDimension)
    nearQueries = try AlignedBuffer(count: rowCapacity * shape.headDimension)
    positions = try AlignedBuffer(count: rowCapacity)
    total = try SoftmaxState(rowCapacity: rowCapacity, valueStride: shape.valueStride)
    part = try SoftmaxState(rowCapacity: rowCapacity, valueStride: shape.valueStride)
    kernel = try AlignedBuffer(count: Int(lh_attention_scratch_floats(Int64(shape.headDimension))))
    key = try AlignedBuffer(count: shape.headDimension)
  }
}
