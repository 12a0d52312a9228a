import CKernels
import Core
import Tensors

/// What one thread needs to attend: rotated queries of a tile, running softmax states, kernel scratch. Allocated once.
final class AttentionScratch {
  /// `[rowCapacity, headDimension]`
  let groupedQueries: AlignedBuffer<Float>
  /// `[rowCapacity, headDimension]`
  let neighborQueries: AlignedBuffer<Float>
  /// The same as integers, of both views; only where attention is fast.
  let fastQueries: FastQueries?
  /// `[rowCapacity]`
  let positions: AlignedBuffer<Int64>
  /// Splits merged so far.
  let total: SoftmaxState
  /// One key split.
  let part: SoftmaxState
  let kernel: AlignedBuffer<Float>
  /// One head: a key before it is stored, or a query that is normalized but not turned yet.
  let head: AlignedBuffer<Float>

  /// - Parameters:
  ///   - rowCapacity: query rows (token x head of a group) that a tile may hold.
  ///   - shapes: of all layers; the largest head counts.
  init(rowCapacity: Int, shapes: [AttentionShape], arithmetic: AttentionArithmetic) throws {
    let dimension = shapes.map(\.headDimension).max() ?? 0
    let valueStride = shapes.map(\.valueStride).max() ?? 0
    groupedQueries = try AlignedBuffer(count: rowCapacity * dimension)
    neighborQueries = try AlignedBuffer(count: rowCapacity * dimension)
    positions = try AlignedBuffer(count: rowCapacity)
    total = try SoftmaxState(rowCapacity: rowCapacity, valueStride: valueStride)
    part = try SoftmaxState(rowCapacity: rowCapacity, valueStride: valueStride)
    switch arithmetic {
    case .exact:
      fastQueries = nil
      kernel = try AlignedBuffer(count: Int(lh_attention_scratch_floats(Int64(dimension))))
    case .fast:
      fastQueries = try FastQueries(rowCapacity: rowCapacity, dimension: dimension)
      kernel = try AlignedBuffer(count: Int(lh_attention_fast_scratch_floats(Int64(dimension))))
    }
    head = try AlignedBuffer(count: dimension)
  }
}
