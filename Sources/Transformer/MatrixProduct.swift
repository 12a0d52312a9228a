import CKernels
import Inference
import Tensors
import Weights

/// `y = x · Wᵀ` over a pool: threads split the output channels, so no element is touched twice and none depends on
/// the split.
final class MatrixProduct {
  private let pool: ComputePool
  /// One kernel scratch a thread.
  private let scratch: AlignedBuffer<Float>
  private let scratchStride: Int
  /// Channels a thread takes at a time: whole panels of every kernel variant.
  private static let channelGranularity = 64

  init(pool: ComputePool) throws {
    self.pool = pool
    // Threads' areas start on their own cache lines.
    scratchStride = (Int(lh_matmul_scratch_floats()) + 15) / 16 * 16
    scratch = try AlignedBuffer(count: scratchStride * pool.threadCount)
  }

  /// Shapes: `input` `[rows, weights.columnCount]`, `output` `[rows, weights.rowCount]`.
  func callAsFunction(
    _ weights: WeightMatrix, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, rows: Int
  ) {
    let base = scratch.baseAddress
    let stride = scratchStride
    pool.forEachSlice(of: weights.rowCount, granularity: Self.channelGranularity) { channels, thread in
      lh_matmul(
        lh_type(weights.type.rawValue), weights.bytes, Int64(weights.rowByteCount), input, Int64(weights.columnCount),
        output, Int64(weights.rowCount), Int64(rows), Int64(weights.columnCount), Int64(channels.lowerBound),
        Int64(channels.upperBound), base + thread * stride)
    }
  }
}
