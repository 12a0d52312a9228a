import CKernels
import Tensors
import Weights

/// Memory in which threads pack some rows of a matrix just before they multiply by them: a buffer for each thread,
/// small enough to stay in its cache.
final class PackingBuffers {
  private let memory: AlignedBuffer<UInt8>
  private let bufferByteCount: Int
  private static let alignment = 64

  /// - Parameter featureCount: rows, which are output features, that a thread packs at a time, at most.
  /// - Throws: `AllocationError`.
  init(for matrices: [PackedMatrix], featureCount: Int, threadCount: Int) throws {
    let largest = matrices.reduce(0) { largest, matrix in
      max(largest, Int(lh_packed_bytes(matrix.type.kernelType, Int64(featureCount), Int64(matrix.columnCount))))
    }
    bufferByteCount = (largest + Self.alignment - 1) / Self.alignment * Self.alignment
    memory = try AlignedBuffer(count: bufferByteCount * threadCount)
  }

  /// Packs the rows `features`, which begin with a panel, and returns where they are until the thread packs others.
  func pack(
    _ rows: UnpackedRows, of matrix: PackedMatrix, _ features: Range<Int>, thread: Int
  ) -> UnsafeRawPointer {
    let buffer = UnsafeMutableRawPointer(memory.baseAddress + thread * bufferByteCount)
    let width = Int(LH_PANEL_FEATURES)
    lh_pack(
      matrix.type.kernelType, rows.start + features.lowerBound * rows.byteCount, Int64(rows.byteCount),
      Int64(features.count), Int64(matrix.columnCount), 0, Int64((features.count + width - 1) / width), buffer)
    return UnsafeRawPointer(buffer)
  }
}
