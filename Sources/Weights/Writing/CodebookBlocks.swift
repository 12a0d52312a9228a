import CKernels

/// IQ4_NL and IQ4_XS: 4 bits choose one of 16 levels, which are closer to each other near zero.
enum CodebookBlocks {
  static let levels: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

  /// 32 numbers under one scale.
  static func iq4_NL(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let scale = bestScale(block, 0)
    let stored = target.storeHalf(scale, at: 0)
    write(block, 0, scale: stored, target + 2)
  }

  /// 256 numbers in 8 parts, whose scales have 6 bits, from -32 to 31, under a scale of the block's.
  static func iq4_XS(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let scales = (0..<8).map { bestScale(block, 32 * $0) }
    let farthest = scales.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
    let scale = target.storeHalf(farthest / -32, at: 0)
    var (high, low): (UInt16, [UInt8]) = (0, [0, 0, 0, 0])
    for part in 0..<8 {
      let steps = farthest == 0 ? 0 : max(-32, min(31, (-32 * scales[part] / farthest).rounded()))
      let bits = UInt8(within: steps + 32, 63)
      low[part / 2] |= (bits & 15) << (4 * UInt8(part % 2))
      high |= UInt16(bits >> 4) << UInt16(2 * part)
      write(block, 32 * part, scale: scale * steps, target + 8 + 16 * part)
    }
    target.storeBytes(of: high.littleEndian, toByteOffset: 2, as: UInt16.self)
    for (index, byte) in low.enumerated() { target.store(byte, at: 4 + index) }
  }

  private static func write(
    _ block: BlockNumbers, _ start: Int, scale: Float, _ target: UnsafeMutableRawPointer
  ) {
    let inverse = scale == 0 ? 0 : 1 / scale
    for index in 0..<16 {
      let first = level(block.values[start + index] * inverse)
      let second = level(block.values[start + index + 16] * inverse)
      target.store(UInt8(first | second << 4), at: index)
    }
  }

  private static func bestScale(_ block: BlockNumbers, _ start: Int) -> Float {
    lh_fit_levels(block.values + start, block.importance.map { $0 + start }, levels)
  }

  /// The level that is nearest to a number.
  private static func level(_ number: Float) -> Int {
    var (low, high) = (0, 15)
    while high - low > 1 {
      let middle = (low + high) / 2
      if number < levels[middle] { high = middle } else { low = middle }
    }
    return number - levels[low] < levels[high] - number ? low : high
  }
}
