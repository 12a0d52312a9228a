/// Types whose scale follows from the largest number of a block.
enum PlainBlocks {
  static func f32(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    target.storeBytes(of: block.values[0].bitPattern.littleEndian, as: UInt32.self)
  }

  static func f16(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) { target.storeHalf(block.values[0], at: 0) }

  static func bf16(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    target.storeBytes(of: block.values[0].bfloat16.littleEndian, as: UInt16.self)
  }

  /// The largest magnitude is 127; halves are rounded away from zero.
  static func q8_0(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let scale = abs(block.farthest32) / 127
    let inverse = scale == 0 ? 0 : 1 / scale
    target.storeHalf(scale, at: 0)
    for index in 0..<32 {
      let number = (block.values[index] * inverse).rounded(.toNearestOrAwayFromZero)
      target.store(UInt8(bitPattern: Int8(clampedTo: number)), at: 2 + index)
    }
  }

  /// The number that is farthest from zero is -8. The sum is made in double precision and cut in single, as the
  /// reference does.
  static func q4_0(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let scale = block.farthest32 / -8
    let inverse = Double(scale == 0 ? 0 : 1 / scale)
    target.storeHalf(scale, at: 0)
    func quant(_ index: Int) -> UInt8 {
      UInt8(within: Float(Double(block.values[index]) * inverse + 8.5), 15)
    }
    for index in 0..<16 { target.store(quant(index) | quant(index + 16) << 4, at: 2 + index) }
  }

  /// The number that is farthest from zero is -16.
  static func q5_0(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let scale = block.farthest32 / -16
    let inverse = scale == 0 ? 0 : 1 / scale
    target.storeHalf(scale, at: 0)
    fiveBits(target, at: 2) { UInt8(within: block.values[$0] * inverse + 16.5, 31) }
  }

  /// The smallest number is 0, the largest 31.
  static func q5_1(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let numbers = block.numbers32(0)
    let (low, high) = (numbers.min(), numbers.max())
    let scale = (high - low) / 31
    let inverse = scale == 0 ? 0 : 1 / scale
    target.storeHalf(scale, at: 0)
    target.storeHalf(low, at: 2)
    fiveBits(target, at: 4) { UInt8(within: (block.values[$0] - low) * inverse + 0.5, 31) }
  }

  /// The fifth bits in 32 bits of their own, then the others, two to a byte.
  private static func fiveBits(_ target: UnsafeMutableRawPointer, at offset: Int, _ quant: (Int) -> UInt8) {
    var high: UInt32 = 0
    for index in 0..<16 {
      let (first, second) = (quant(index), quant(index + 16))
      target.store(first & 15 | (second & 15) << 4, at: offset + 4 + index)
      high |= UInt32(first >> 4) << UInt32(index) | UInt32(second >> 4) << UInt32(index + 16)
    }
    target.storeBytes(of: high.littleEndian, toByteOffset: offset, as: UInt32.self)
  }
}

extension UInt8 {
  /// The whole part of a number, kept within 0 and `limit`; what is no number is 0.
  init(within number: Float, _ limit: UInt8) { self = number > 0 ? UInt8(Swift.min(number, Float(limit))) : 0 }
}

extension Int8 {
  /// A whole number, kept within the type; what is no number is 0.
  init(clampedTo number: Float) { self = number.isNaN ? 0 : Int8(Swift.max(-128, Swift.min(127, number))) }
}
