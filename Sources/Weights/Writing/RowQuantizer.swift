package import Tensors

/// Rounds rows of numbers to a type.
///
/// F16, BF16, Q8_0 and Q4_0 have one right answer, to the bit that of PyPI's `gguf`. The others choose, of the scales
/// that a block's may be, the ones with the smallest squared error. Any thread.
package struct RowQuantizer: Sendable {
  package let type: ElementType
  private let writeBlock: @Sendable (BlockNumbers, UnsafeMutableRawPointer) -> Void

  /// Nil for types that nothing is rounded to.
  package init?(_ type: ElementType) {
    self.type = type
    switch type {
    case .f32: writeBlock = PlainBlocks.f32
    case .f16: writeBlock = PlainBlocks.f16
    case .bf16: writeBlock = PlainBlocks.bf16
    case .q8_0: writeBlock = PlainBlocks.q8_0
    case .q4_0: writeBlock = PlainBlocks.q4_0
    case .q5_0: writeBlock = PlainBlocks.q5_0
    case .q5_1: writeBlock = PlainBlocks.q5_1
    case .q4_K: writeBlock = OffsetBlocks.q4_K
    case .q5_K: writeBlock = OffsetBlocks.q5_K
    case .q6_K: writeBlock = SignedBlocks.q6_K
    case .iq4_NL: writeBlock = CodebookBlocks.iq4_NL
    case .iq4_XS: writeBlock = CodebookBlocks.iq4_XS
    case .q4_1, .q2_K, .q3_K, .mxfp4, .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq3_XXS, .iq3_S, .tq1_0, .tq2_0:
      return nil
    }
  }

  /// Writes one row, a whole number of blocks.
  /// - Parameter importance: what the squared error of each column counts for, as long as the row; nil lets each type
  ///   weigh numbers its own way.
  package func write(
    _ row: UnsafeBufferPointer<Float>, importance: UnsafeBufferPointer<Float>? = nil, to target: UnsafeMutableRawPointer
  ) {
    let count = type.blockElementCount
    precondition(row.count % count == 0 && importance.map { $0.count == row.count } ?? true, "a row of whole blocks")
    guard let start = row.baseAddress else { return }
    for block in 0..<row.count / count {
      let importance = importance?.baseAddress.map { $0 + block * count }
      writeBlock(
        BlockNumbers(values: start + block * count, importance: importance), target + block * type.blockByteCount)
    }
  }
}

/// The numbers of one block. They live as long as the call that they are given to.
struct BlockNumbers {
  let values: UnsafePointer<Float>
  let importance: UnsafePointer<Float>?

  /// 32 numbers from `start` on.
  func numbers32(_ start: Int) -> SIMD32<Float> {
    UnsafeRawPointer(values + start).loadUnaligned(as: SIMD32<Float>.self)
  }

  /// The number of the first 32 that is farthest from zero, the first of several.
  var farthest32: Float {
    var result: Float = 0
    for index in 0..<32 where abs(values[index]) > abs(result) { result = values[index] }
    return result
  }
}

extension UnsafeMutableRawPointer {
  /// Stores a number as an IEEE half, the nearest, and gives what it has become.
  @discardableResult
  func storeHalf(_ number: Float, at offset: Int) -> Float {
    let half = Float16(number)
    storeBytes(of: half.bitPattern.littleEndian, toByteOffset: offset, as: UInt16.self)
    return Float(half)
  }

  func store(_ byte: UInt8, at offset: Int) { storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
}
