import CKernels
package import Core
package import Tensors

extension CPUDevice {
  /// The speeds at which this device multiplies with quantized weights, in reference threads: single rows with weights
  /// that no cache holds, as in decode, and many rows, as in prefill. By the kernels that stages use, on threads placed
  /// as theirs. Takes two seconds, and a few more where a product takes long.
  ///
  /// Keeps the calling thread where the placement says, so it must be one of the measurement's own.
  /// - Parameters:
  ///   - byteCount: memory for weights to read, at most.
  ///   - isStopped: asked between products; true ends the measurement.
  /// - Throws: `AllocationError`, `ComputePoolError`; `CancellationError` where it was stopped.
  package func measureSpeed(
    byteCount: Int = 256 << 20, rate: SteadyRate = SteadyRate(), isStopped: () -> Bool = { false }
  ) throws -> StageSpeed {
    let pool = try ComputePool(threadCount: threadCount, placement: placement)
    let read = try ProbeProduct(rowCount: 1, byteCount: byteCount, pool: pool)
    let decode = rate.measure(isStopped: isStopped) { read.run(on: pool) } * Double(read.byteCount)
    let product = try ProbeProduct(rowCount: 128, byteCount: 2 << 20, pool: pool)
    let prefill = rate.measure(isStopped: isStopped) { product.run(on: pool) } * Double(product.productCount)
    guard !isStopped() else { throw CancellationError() }
    return StageSpeed(
      prefill: prefill / ReferenceThread.productRate, decode: decode / ReferenceThread.readRate)
  }
}

/// A product of rows with a packed Q4_0 matrix of zeros: what its numbers are changes no time.
private final class ProbeProduct {
  private static let columnCount = 2048
  private static let type = LH_Q4_0

  let byteCount: Int
  /// Weights that rows are multiplied with, all rows together.
  let productCount: Int
  private let rowCount: Int
  private let featureCount: Int
  private let packed: AlignedBuffer<UInt8>
  private let rows: AlignedBuffer<lh_activation_block>
  private let output: AlignedBuffer<Float>

  /// - Parameter byteCount: of the matrix, in whole panels; one at least.
  init(rowCount: Int, byteCount: Int, pool: ComputePool) throws {
    let (width, columns) = (Int(LH_PANEL_FEATURES), Int64(Self.columnCount))
    let panel = Int(lh_packed_bytes(Self.type, Int64(width), columns))
    featureCount = max(1, byteCount / panel) * width
    self.rowCount = rowCount
    self.byteCount = featureCount / width * panel
    productCount = featureCount * Self.columnCount * rowCount
    packed = try AlignedBuffer(count: self.byteCount)
    rows = try AlignedBuffer(count: rowCount * Int(lh_activation_stride(columns)))
    output = try AlignedBuffer(count: rowCount * featureCount)
    // Pages that were never written are all the same one.
    let start = packed.baseAddress
    pool.forEachSlice(of: self.byteCount, granularity: AlignedBuffer<UInt8>.hugePageByteCount) { slice, _ in
      (start + slice.lowerBound).update(repeating: 0, count: slice.count)
    }
  }

  func run(on pool: ComputePool) {
    let (matrix, rows, output) = (packed.baseAddress, rows.baseAddress, output.baseAddress)
    let (rowCount, features, columns) = (Int64(rowCount), Int64(featureCount), Int64(Self.columnCount))
    let stride = lh_activation_stride(columns)
    pool.forEachSlice(of: featureCount, granularity: 2 * Int(LH_PANEL_FEATURES)) { slice, _ in
      lh_matmul_quantized(
        Self.type, matrix, rows, stride, output, features, rowCount, columns, Int64(slice.lowerBound),
        Int64(slice.upperBound))
    }
  }
}
