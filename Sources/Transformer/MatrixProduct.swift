import CKernels
import Inference
import Tensors
import Weights

/// `y = x · Wᵀ` over a pool: threads split the output channels, so no element is touched twice and none depends on
/// the split.
///
/// Inputs of quantised weights are rounded to bytes first, once for all matrices that read them.
final class MatrixProduct {
  /// One matrix that an input is multiplied by, and where its product goes: `[rows, weights.rowCount]`.
  struct Term {
    let weights: PackedMatrix
    let output: UnsafeMutablePointer<Float>
  }

  private let pool: ComputePool
  /// One kernel scratch a thread.
  private let scratch: AlignedBuffer<Float>
  private let scratchStride: Int
  /// The rounded input: `[rows, columns / 32]`.
  private let rounded: AlignedBuffer<lh_activation_block>
  /// Channels a thread takes at a time: whole panels of every kernel variant.
  private static let channelGranularity = 32
  private static let blockSize = Int(LH_BLOCK_ELEMENTS)

  /// - Parameters:
  ///   - rowCapacity: rows of the largest input.
  ///   - columnCapacity: columns of the widest.
  init(pool: ComputePool, rowCapacity: Int, columnCapacity: Int) throws {
    self.pool = pool
    // Threads' areas start on their own cache lines.
    scratchStride = (Int(lh_matmul_scratch_floats()) + 15) / 16 * 16
    scratch = try AlignedBuffer(count: scratchStride * pool.threadCount)
    rounded = try AlignedBuffer(count: rowCapacity * (columnCapacity / Self.blockSize))
  }

  /// Multiplies `input`, `[rows, columns]`, by up to three matrices of as many columns.
  func callAsFunction(
    _ input: UnsafePointer<Float>, rows: Int, _ first: Term, _ second: Term? = nil, _ third: Term? = nil
  ) {
    let isQuantised = first.isQuantised || second?.isQuantised ?? false || third?.isQuantised ?? false
    if isQuantised { round(input, rows: rows, columns: first.weights.columnCount) }
    // All channels in a row, those of each matrix beginning with a bundle.
    let secondStart = first.channelCount
    let thirdStart = secondStart + (second?.channelCount ?? 0)
    let count = thirdStart + (third?.channelCount ?? 0)
    pool.forEachSlice(of: count, granularity: Self.channelGranularity) { channels, thread in
      multiply(input, rows: rows, first, startingAt: 0, channels, thread: thread)
      if let second { multiply(input, rows: rows, second, startingAt: secondStart, channels, thread: thread) }
      if let third { multiply(input, rows: rows, third, startingAt: thirdStart, channels, thread: thread) }
    }
  }

  private func round(_ input: UnsafePointer<Float>, rows: Int, columns: Int) {
    let blocks = rounded.baseAddress
    let blocksPerRow = columns / Self.blockSize
    precondition(rows * blocksPerRow <= rounded.count, "more rows or columns than there is room for")
    pool.forEachSlice(of: rows) { slice, _ in
      lh_quantize_rows(
        input + slice.lowerBound * columns, Int64(columns), blocks + slice.lowerBound * blocksPerRow,
        Int64(slice.count), Int64(columns))
    }
  }

  /// The part of a term's product that lies in `channels`, where the term's own channels begin at `start`.
  private func multiply(
    _ input: UnsafePointer<Float>, rows: Int, _ term: Term, startingAt start: Int, _ channels: Range<Int>, thread: Int
  ) {
    let weights = term.weights
    let first = max(channels.lowerBound - start, 0)
    let end = min(channels.upperBound - start, weights.rowCount)
    guard first < end else { return }
    let ownScratch = scratch.baseAddress + thread * scratchStride
    let type = weights.type.kernelType
    if term.isQuantised {
      lh_matmul_quantized(
        type, weights.bytes, rounded.baseAddress, term.output, Int64(weights.rowCount), Int64(rows),
        Int64(weights.columnCount), Int64(first), Int64(end), ownScratch)
    } else {
      lh_matmul(
        type, weights.bytes, input, Int64(weights.columnCount), term.output, Int64(weights.rowCount), Int64(rows),
        Int64(weights.columnCount), Int64(first), Int64(end), ownScratch)
    }
  }
}

extension MatrixProduct.Term {
  fileprivate var isQuantised: Bool { weights.type.blockElementCount > 1 }

  /// Channels rounded up to whole bundles.
  fileprivate var channelCount: Int {
    let width = Int(LH_BUNDLE_CHANNELS)
    return (weights.rowCount + width - 1) / width * width
  }
}
