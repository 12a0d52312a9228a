import CKernels
import Core
import Tensors
import Weights

/// `y = x · Wᵀ + bias` over a pool: threads split the output features, so no element is touched twice and
/// none depends on the split.
///
/// Inputs of quantized weights are rounded to bytes first, those of BF16 weights to bf16, once for all matrices that
/// read them. Of a matrix that is not packed yet, each thread packs the few features it is at into memory that stays in
/// its cache, so that the same kernel gives the same bytes.
final class MatrixProduct {
  /// What an input is multiplied by, and where the product goes: `[rows, weight.rowCount]`.
  struct Term {
    let linear: Linear<PackedMatrix>
    let output: UnsafeMutablePointer<Float>
    fileprivate var weights: PackedMatrix { linear.weight }
  }

  /// What an input grouped by expert is multiplied by, each expert's rows by its own, and where the products go.
  struct StackedTerm {
    /// One an expert, of one shape and type.
    let linears: [Linear<PackedMatrix>]
    let output: UnsafeMutablePointer<Float>

    fileprivate func term(_ expert: Int) -> Term { Term(linear: linears[expert], output: output) }
  }

  private let pool: ComputePool
  /// The input rounded to bytes: `[rows, lh_activation_stride(columns)]`.
  private let blocks: AlignedBuffer<lh_activation_block>
  /// The input rounded to bf16: `[rows, lh_pair_stride(columns)]`.
  private let pairs: AlignedBuffer<lh_bf16_pair>
  /// Where each thread packs rows of a matrix that is not packed yet; none when all are.
  private var buffers: PackingBuffers?
  /// Output features a thread takes at a time: two panels, which kernels may take side by side.
  private static let featureGranularity = 32

  /// - Parameters:
  ///   - inputs: sizes of the largest.
  ///   - unpacked: matrices that are not packed yet.
  init(pool: ComputePool, inputs: [InputSize], unpacked: [PackedMatrix]) throws {
    self.pool = pool
    buffers =
      unpacked.isEmpty
      ? nil : try PackingBuffers(for: unpacked, featureCount: Self.featureGranularity, threadCount: pool.threadCount)
    func most(_ stride: (Int64) -> Int64) -> Int { inputs.map { $0.rows * Int(stride(Int64($0.columns))) }.max() ?? 0 }
    blocks = try AlignedBuffer(count: most { lh_activation_stride($0) })
    pairs = try AlignedBuffer(count: most { lh_pair_stride($0) })
  }

  /// Bytes of the rounded inputs.
  var byteCount: Int { blocks.byteCount + pairs.byteCount }

  /// Gives the memory for unpacked matrices back: there are none any more.
  func noteAllPacked() { buffers = nil }

  /// Multiplies `input`, `[rows, columns]`, by up to three matrices of as many columns.
  func callAsFunction(
    _ input: UnsafePointer<Float>, rows: Int, _ first: Term, _ second: Term? = nil, _ third: Term? = nil
  ) {
    round(input, rows: rows, for: first, second, third)
    // All output features in a row, those of each matrix beginning with a panel.
    let secondStart = first.featureCount
    let thirdStart = secondStart + (second?.featureCount ?? 0)
    let count = thirdStart + (third?.featureCount ?? 0)
    let rows = 0..<rows
    pool.forEachSlice(of: count, granularity: Self.featureGranularity) { features, thread in
      multiply(input, rows: rows, first, startingAt: 0, features, thread: thread)
      if let second { multiply(input, rows: rows, second, startingAt: secondStart, features, thread: thread) }
      if let third { multiply(input, rows: rows, third, startingAt: thirdStart, features, thread: thread) }
    }
  }

  /// Multiplies `input`, `[assignments, columns]`, by the matrices of the experts that its rows are grouped by: one or
  /// two an expert.
  func callAsFunction(
    _ input: UnsafePointer<Float>, grouped groups: ExpertGroups, _ first: StackedTerm, _ second: StackedTerm? = nil
  ) {
    let (sample, secondSample) = (first.term(0), second?.term(0))
    round(input, rows: groups.assignmentCount, for: sample, secondSample, nil)
    let secondStart = sample.featureCount
    let count = secondStart + (secondSample?.featureCount ?? 0)
    pool.run { thread, threadCount in
      groups.forEachPart(
        of: thread, threadCount: threadCount, featureCount: count, granularity: Self.featureGranularity
      ) { expert, features in
        let rows = groups.places(of: expert)
        multiply(input, rows: rows, first.term(expert), startingAt: 0, features, thread: thread)
        guard let second else { return }
        multiply(input, rows: rows, second.term(expert), startingAt: secondStart, features, thread: thread)
      }
    }
  }

  /// Rounds an input to every form in which a matrix reads it.
  private func round(_ input: UnsafePointer<Float>, rows: Int, for first: Term, _ second: Term?, _ third: Term?) {
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

  /// The part of a term's product that lies in `features`, where the term's own features begin at `start`.
  private func multiply(
    _ input: UnsafePointer<Float>, rows: Range<Int>, _ term: Term, startingAt start: Int, _ features: Range<Int>,
    thread: Int
  ) {
    let first = max(features.lowerBound - start, 0)
    let end = min(features.upperBound - start, term.weights.rowCount)
    guard first < end else { return }
    guard let unpacked = term.weights.unpacked else {
      multiply(input, rows: rows, term, first..<end, packed: term.weights.bytes, term.output)
      return addBias(term, first..<end, rows: rows)
    }
    guard let buffers else { preconditionFailure("no room was made for a matrix that is not packed") }
    for feature in stride(from: first, to: end, by: Self.featureGranularity) {
      let count = min(end - feature, Self.featureGranularity)
      let buffer = buffers.pack(unpacked, of: term.weights, feature..<feature + count, thread: thread)
      multiply(input, rows: rows, term, 0..<count, packed: buffer, term.output + feature)
    }
    addBias(term, first..<end, rows: rows)
  }

  /// The last addition to each element. The thread that made the elements adds it, while they are in its cache.
  private func addBias(_ term: Term, _ features: Range<Int>, rows: Range<Int>) {
    term.linear.bias?.withUnsafeBufferPointer { bias in
      guard let bias = bias.baseAddress else { return }
      for row in rows {
        let first = row * term.weights.rowCount + features.lowerBound
        lh_add(term.output + first, bias + features.lowerBound, Int64(features.count))
      }
    }
  }

  /// The product with `features` of what is packed at `packed`; `output` is where its feature 0 goes in row 0.
  private func multiply(
    _ input: UnsafePointer<Float>, rows: Range<Int>, _ term: Term, _ features: Range<Int>, packed: UnsafeRawPointer,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let weights = term.weights
    let type = weights.type.kernelType
    let (columns, outputStride) = (Int64(weights.columnCount), Int64(weights.rowCount))
    let (first, end) = (Int64(features.lowerBound), Int64(features.upperBound))
    let (firstRow, rowCount) = (rows.lowerBound, Int64(rows.count))
    let output = output + firstRow * weights.rowCount
    switch term.form {
    case .bytes:
      let stride = lh_activation_stride(columns)
      lh_matmul_quantized(
        type, packed, blocks.baseAddress + firstRow * Int(stride), stride, output, outputStride, rowCount, columns,
        first, end)
    case .bf16:
      let stride = lh_pair_stride(columns)
      lh_matmul_bf16(
        packed, pairs.baseAddress + firstRow * Int(stride), stride, output, outputStride, rowCount, columns, first, end)
    case .asIs:
      lh_matmul(
        type, packed, input + firstRow * weights.columnCount, columns, output, outputStride, rowCount, columns, first,
        end)
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

  /// Output features rounded up to whole panels.
  fileprivate var featureCount: Int {
    let width = Int(LH_PANEL_FEATURES)
    return (weights.rowCount + width - 1) / width * width
  }
}
