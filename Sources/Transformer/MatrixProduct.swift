import CKernels
import Inference
import Tensors
import Weights

/// `y = x · Wᵀ` over a pool: threads split the output channels, so no element is touched twice and none depends on
/// the split.
///
/// Inputs of quantised weights are rounded to bytes first, those of BF16 weights to bf16, once for all matrices that
/// read them. Of a matrix that is not packed yet, each thread packs the few channels it is at into memory that stays in
/// its cache, so that the same kernel gives the same bytes.
final class MatrixProduct {
  /// One matrix that an input is multiplied by, and where its product goes: `[rows, weights.rowCount]`.
  struct Term {
    let weights: PackedMatrix
    let output: UnsafeMutablePointer<Float>
  }

  private let pool: ComputePool
  /// The input rounded to bytes: `[rows, lh_activation_stride(columns)]`.
  private let blocks: AlignedBuffer<lh_activation_block>
  /// The input rounded to bf16: `[rows, lh_pair_stride(columns)]`.
  private let pairs: AlignedBuffer<lh_bf16_pair>
  /// Where each thread packs channels of a matrix that is not packed yet; none when all are.
  private var slabs: PackingSlabs?
  /// Channels a thread takes at a time: two bundles, which kernels may take side by side.
  private static let channelGranularity = 32

  /// - Parameters:
  ///   - rowCapacity: rows of the largest input.
  ///   - columnCapacity: columns of the widest.
  ///   - unpacked: matrices that are not packed yet.
  init(pool: ComputePool, rowCapacity: Int, columnCapacity: Int, unpacked: [PackedMatrix]) throws {
    self.pool = pool
    slabs =
      unpacked.isEmpty
      ? nil : try PackingSlabs(for: unpacked, channelCount: Self.channelGranularity, threadCount: pool.threadCount)
    blocks = try AlignedBuffer(count: rowCapacity * Int(lh_activation_stride(Int64(columnCapacity))))
    pairs = try AlignedBuffer(count: rowCapacity * Int(lh_pair_stride(Int64(columnCapacity))))
  }

  /// Gives the memory for unpacked matrices back: there are none any more.
  func noteAllPacked() { slabs = nil }

  /// Multiplies `input`, `[rows, columns]`, by up to three matrices of as many columns.
  func callAsFunction(
    _ input: UnsafePointer<Float>, rows: Int, _ first: Term, _ second: Term? = nil, _ third: Term? = nil
  ) {
    func isRead(_ form: InputForm) -> Bool { first.form == form || second?.form == form || third?.form == form }
    let columns = first.weights.columnCount
    if isRead(.bytes) {
      let stride = lh_activation_stride(Int64(columns))
      round(input, rows: rows, columns: columns, into: blocks, stride: stride) {
        lh_quantize_rows($0, $1, $2, $3, $4, $5)
      }
    }
    if isRead(.bf16) {
      let stride = lh_pair_stride(Int64(columns))
      round(input, rows: rows, columns: columns, into: pairs, stride: stride) {
        lh_round_rows($0, $1, $2, $3, $4, $5)
      }
    }
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

  /// Rounds rows by one of the kernels that do, into a buffer of `stride` elements a row.
  private func round<Element>(
    _ input: UnsafePointer<Float>, rows: Int, columns: Int, into buffer: borrowing AlignedBuffer<Element>,
    stride: Int64,
    _ kernel: (UnsafePointer<Float>, Int64, UnsafeMutablePointer<Element>, Int64, Int64, Int64) -> Void
  ) {
    precondition(rows * Int(stride) <= buffer.count, "more rows or columns than there is room for")
    let start = buffer.baseAddress
    pool.forEachSlice(of: rows) { slice, _ in
      kernel(
        input + slice.lowerBound * columns, Int64(columns), start + slice.lowerBound * Int(stride), stride,
        Int64(slice.count), Int64(columns))
    }
  }

  /// The part of a term's product that lies in `channels`, where the term's own channels begin at `start`.
  private func multiply(
    _ input: UnsafePointer<Float>, rows: Int, _ term: Term, startingAt start: Int, _ channels: Range<Int>, thread: Int
  ) {
    let first = max(channels.lowerBound - start, 0)
    let end = min(channels.upperBound - start, term.weights.rowCount)
    guard first < end else { return }
    guard let unpacked = term.weights.unpacked else {
      return multiply(input, rows: rows, term, first..<end, packed: term.weights.bytes, term.output)
    }
    guard let slabs else { preconditionFailure("no room was made for a matrix that is not packed") }
    for channel in stride(from: first, to: end, by: Self.channelGranularity) {
      let count = min(end - channel, Self.channelGranularity)
      let slab = slabs.pack(unpacked, of: term.weights, channel..<channel + count, thread: thread)
      multiply(input, rows: rows, term, 0..<count, packed: slab, term.output + channel)
    }
  }

  /// The product with `channels` of what is packed at `packed`; `output` is where its channel 0 goes in the first row.
  private func multiply(
    _ input: UnsafePointer<Float>, rows: Int, _ term: Term, _ channels: Range<Int>, packed: UnsafeRawPointer,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let weights = term.weights
    let type = weights.type.kernelType
    let (columns, outputStride) = (Int64(weights.columnCount), Int64(weights.rowCount))
    let (first, end) = (Int64(channels.lowerBound), Int64(channels.upperBound))
    switch term.form {
    case .bytes:
      lh_matmul_quantized(
        type, packed, blocks.baseAddress, lh_activation_stride(columns), output, outputStride, Int64(rows), columns,
        first, end)
    case .bf16:
      lh_matmul_bf16(
        packed, pairs.baseAddress, lh_pair_stride(columns), output, outputStride, Int64(rows), columns, first, end)
    case .asIs:
      lh_matmul(type, packed, input, columns, output, outputStride, Int64(rows), columns, first, end)
    }
  }
}

/// How a matrix reads its input.
private enum InputForm {
  case asIs, bf16, bytes
}

extension MatrixProduct.Term {
  fileprivate var form: InputForm {
    if weights.type == .bf16 { return .bf16 }
    return weights.type.blockElementCount > 1 ? .bytes : .asIs
  }

  /// Channels rounded up to whole bundles.
  fileprivate var channelCount: Int {
    let width = Int(LH_BUNDLE_CHANNELS)
    return (weights.rowCount + width - 1) / width * width
  }
}
