import CKernels
import Fixtures
import Testing

/// All tests of the kernels. Serialized: each forces the instruction set of the whole process.
@Suite(.serialized)
enum KernelTests {}

/// The instruction sets this machine can run besides the reference.
let vectorISAs = [LH_ISA_AVX2, LH_ISA_AVX512, LH_ISA_AVX512_BF16, LH_ISA_NEON].filter { lh_isa_supported($0) }
/// All that can run, the reference first.
let everyISA = [LH_ISA_REFERENCE] + vectorISAs

/// Runs `body` with an instruction set forced, then goes back to the one before.
func with<R>(_ isa: lh_isa, _ body: () throws -> R) rethrows -> R {
  let before = lh_isa_current()
  lh_isa_force(isa)
  defer { lh_isa_force(before) }
  return try body()
}

/// Runs `body` on every instruction set and expects the reference's bytes from each; returns them.
func sameOnEveryISA(
  _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () -> [Float]
) -> [Float] {
  let expected = with(LH_ISA_REFERENCE, body)
  for isa in vectorISAs {
    let got = with(isa, body)
    let same = got.count == expected.count && zip(got, expected).allSatisfy { $0.bitPattern == $1.bitPattern }
    if !same {
      let first = zip(got, expected).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }
      let name = String(cString: lh_isa_name(isa))
      let pair = "\(first?.element.0 ?? .nan), reference \(first?.element.1 ?? .nan)"
      Issue.record(
        "\(what()) on \(name): element \(first?.offset ?? -1) is \(pair)", sourceLocation: sourceLocation)
    }
  }
  return expected
}

/// Numbers, rows and encoded blocks from a seed.
struct Numbers: RandomNumberGenerator {
  private var words: SeededGenerator

  init(_ seed: UInt64) { words = SeededGenerator(seed: seed) }

  mutating func next() -> UInt64 { words.next() }

  mutating func float(_ range: ClosedRange<Float> = -1...1) -> Float { .random(in: range, using: &self) }

  mutating func floats(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in float(range) }
  }

  /// Bytes of `count` random elements of a type, with scales and values around 1.
  mutating func encoded(_ type: lh_type, _ count: Int) -> [UInt8] {
    let perBlock = Int(lh_type_block_elements(type))
    let byteCount = Int(lh_type_block_bytes(type))
    var bytes: [UInt8] = []
    for _ in 0..<(count / perBlock) {
      switch type {
      case LH_F32: bytes += littleEndian(float().bitPattern)
      case LH_F16: bytes += littleEndian(halfBits(float()))
      case LH_BF16: bytes += littleEndian(UInt16(truncatingIfNeeded: float().bitPattern >> 16))
      default:
        var block = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &self) }
        // Groups of large blocks multiply the block's scale once more.
        let scale: Float = perBlock == 256 ? 0.002 : 0.1
        for at in halfOffsets(type) {
          putHalf(halfBits(float(-scale...scale)), at: at, in: &block, of: type)
        }
        if type == LH_MXFP4 { block[0] = UInt8.random(in: 118...125, using: &self) }
        bytes += block
      }
    }
    return bytes
  }
}

/// Where a block of a quantized type holds an f16.
func halfOffsets(_ type: lh_type) -> [Int] {
  switch type {
  case LH_Q4_1, LH_Q5_1, LH_Q4_K, LH_Q5_K: [0, 2]
  case LH_Q2_K: [80, 82]
  case LH_Q3_K: [108]
  case LH_Q6_K: [208]
  case LH_TQ1_0: [52]
  case LH_TQ2_0: [64]
  case LH_IQ1_M: [48]
  case LH_MXFP4: []
  default: [0]
  }
}

/// Puts an f16 into a block, at one of its type's places.
func putHalf(_ bits: UInt16, at place: Int, in block: inout [UInt8], of type: lh_type) {
  guard type == LH_IQ1_M else { return block.replaceSubrange(place...place + 1, with: littleEndian(bits)) }
  // Four bits in each of four words.
  for part in 0..<4 {
    let high = place + 2 * part + 1
    block[high] = block[high] & 15 | UInt8(truncatingIfNeeded: bits >> (4 * part)) << 4
  }
}

func littleEndian<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// The f16 nearest to a number of normal f16 magnitude, or zero.
func halfBits(_ value: Float) -> UInt16 {
  var block = [UInt16](repeating: 0, count: 16)
  with(LH_ISA_REFERENCE) { lh_store_value(LH_F16, [value], &block, 1, 16, 0) }
  return block[0]
}

/// Decodes with the reference.
func decoded(_ type: lh_type, _ bytes: [UInt8], count: Int) -> [Float] {
  var result = [Float](repeating: .nan, count: count)
  with(LH_ISA_REFERENCE) { lh_dequantize(type, bytes, &result, Int64(count)) }
  return result
}

let everyType = [
  LH_F32, LH_F16, LH_BF16, LH_Q4_0, LH_Q4_1, LH_Q5_0, LH_Q5_1, LH_Q8_0, LH_IQ4_NL, LH_Q2_K, LH_Q3_K, LH_Q4_K, LH_Q5_K,
  LH_Q6_K, LH_IQ4_XS, LH_MXFP4, LH_IQ1_S, LH_IQ1_M, LH_IQ2_XXS, LH_IQ2_XS, LH_IQ2_S, LH_IQ3_XXS, LH_IQ3_S, LH_TQ1_0,
  LH_TQ2_0,
]
