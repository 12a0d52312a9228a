package import Tensors

/// Random bytes that are weights of realistic size in a type: about 0.02 either side of zero.
///
/// The bytes of a tensor depend on the seed, the tensor's number and their place in it, and on nothing else.
package struct RandomBlocks: Sendable {
  /// A 16-bit scale at a place in each block; MXFP4 and IQ1_M have theirs otherwise. Everything else may be any bits.
  private struct Scale {
    let offset: Int
    let value: Float
  }
  /// Half of the scale of each MXFP4 block is 2^-8.
  private static let powerScale: UInt8 = 120
  /// IQ1_M has four bits of its scale at the end of each 16 bits from byte 48 on.
  private static let spreadScale = Float16(0.0035)

  /// By type number. Where a minimum is stored beside a scale, it is chosen so that the weights' mean is about zero.
  private static let scales: [UInt32: [Scale]] = [
    2: [Scale(offset: 0, value: 0.0043)],  // Q4_0: d
    3: [Scale(offset: 0, value: 0.0043), Scale(offset: 2, value: -0.0323)],  // Q4_1: d, m
    6: [Scale(offset: 0, value: 0.0022)],  // Q5_0: d
    7: [Scale(offset: 0, value: 0.0022), Scale(offset: 2, value: -0.0341)],  // Q5_1: d, m
    8: [Scale(offset: 0, value: 0.00027)],  // Q8_0: d
    10: [Scale(offset: 80, value: 0.002), Scale(offset: 82, value: 0.003)],  // Q2_K: d, dmin
    11: [Scale(offset: 108, value: 0.0005)],  // Q3_K: d
    12: [Scale(offset: 0, value: 0.00012), Scale(offset: 2, value: 0.0009)],  // Q4_K: d, dmin
    13: [Scale(offset: 0, value: 0.00006), Scale(offset: 2, value: 0.00093)],  // Q5_K: d, dmin
    14: [Scale(offset: 208, value: 0.000015)],  // Q6_K: d
    20: [Scale(offset: 0, value: 0.0003)],  // IQ4_NL: d
    16: [Scale(offset: 0, value: 0.0005)],  // IQ2_XXS: d
    17: [Scale(offset: 0, value: 0.0005)],  // IQ2_XS: d
    18: [Scale(offset: 0, value: 0.00017)],  // IQ3_XXS: d
    19: [Scale(offset: 0, value: 0.0035)],  // IQ1_S: d
    21: [Scale(offset: 0, value: 0.00016)],  // IQ3_S: d
    22: [Scale(offset: 0, value: 0.0005)],  // IQ2_S: d
    23: [Scale(offset: 0, value: 0.00002)],  // IQ4_XS: d
    34: [Scale(offset: 52, value: 0.025)],  // TQ1_0: d
    35: [Scale(offset: 64, value: 0.025)],  // TQ2_0: d
  ]

  /// Whether weights of the type can be made.
  static func canFill(_ type: ElementType) -> Bool {
    type.blockElementCount == 1 || type == .mxfp4 || type == .iq1_M || scales[type.rawValue] != nil
  }

  private let seed: UInt64

  package init(seed: UInt64, tensor: Int) {
    self.seed = Self.mixed(seed &+ UInt64(tensor) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// Fills whole blocks.
  /// - Parameters:
  ///   - buffer: starts on an 8-byte boundary, has a multiple of 8 bytes, and of the type's block.
  ///   - first: how many bytes of the tensor lie before it, a multiple of 8.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer, type: ElementType, first: Int) {
    let words = buffer.bindMemory(to: UInt64.self)
    let start = UInt64(first / 8)
    let (keep, set) = Self.floatBits(type)
    for index in 0..<words.count {
      words[index] = Self.mixed(seed &+ start &+ UInt64(index)) & keep | set
    }
    if type == .mxfp4 {
      for block in stride(from: 0, to: buffer.count, by: type.blockByteCount) { buffer[block] = Self.powerScale }
    }
    if type == .iq1_M {
      for block in stride(from: 0, to: buffer.count, by: type.blockByteCount) {
        for part in 0..<4 {
          let bits = UInt8(truncatingIfNeeded: Self.spreadScale.bitPattern >> (4 * part)) << 4
          buffer[block + 49 + 2 * part] = buffer[block + 49 + 2 * part] & 15 | bits
        }
      }
    }
    guard let scales = Self.scales[type.rawValue] else { return }
    for scale in scales {
      let bits = Float16(scale.value).bitPattern.littleEndian
      for block in stride(from: 0, to: buffer.count, by: type.blockByteCount) {
        buffer.storeBytes(of: bits, toByteOffset: block + scale.offset, as: UInt16.self)
      }
    }
  }

  /// Of plain floats, sign and fraction are random and the exponent is that of 1/64: 0.016 to 0.031 either side.
  private static func floatBits(_ type: ElementType) -> (keep: UInt64, set: UInt64) {
    switch type {
    case .f32: (0x807F_FFFF_807F_FFFF, 0x3C80_0000_3C80_0000)
    case .f16: (0x83FF_83FF_83FF_83FF, 0x2400_2400_2400_2400)
    case .bf16: (0x807F_807F_807F_807F, 0x3C80_3C80_3C80_3C80)
    default: (.max, 0)
    }
  }

  /// A hash of 64 bits (multiply, shift and xor), good enough that no pattern shows.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var bits = value &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 32) &* 0xD6E8_FEB8_6659_FD93
    bits = (bits ^ bits >> 32) &* 0xD6E8_FEB8_6659_FD93
    return bits ^ bits >> 32
  }
}
