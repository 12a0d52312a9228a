import CKernels

/// Q6_K: 256 numbers in 16 parts, each `scale * quant` with quants from -32 to 31, where scales have 8 bits and a sign
/// under a scale of the block's.
enum SignedBlocks {
  static func q6_K(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let scales = (0..<16).map { part in
      lh_fit_signed(block.values + 16 * part, block.importance.map { $0 + 16 * part })
    }
    let farthest = scales.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
    let scale = target.storeHalf(farthest / -128, at: 208)
    var quants = [UInt8](repeating: 32, count: 256)
    for part in 0..<16 {
      let steps = farthest == 0 ? 0 : Int8(clampedTo: (-128 * scales[part] / farthest).rounded())
      target.store(UInt8(bitPattern: steps), at: 192 + part)
      let step = scale * Float(steps)
      guard step != 0 else { continue }
      for index in 16 * part..<16 * part + 16 {
        quants[index] = UInt8(within: (block.values[index] / step).rounded(.toNearestOrEven) + 32, 63)
      }
    }
    // Halves of 128: the low 4 bits of quants 64 apart share a byte, the high 2 bits of quants 32 apart another.
    for half in 0..<2 {
      for index in 0..<32 {
        let four = (0..<4).map { quants[128 * half + 32 * $0 + index] }
        target.store(four[0] & 15 | (four[2] & 15) << 4, at: 64 * half + index)
        target.store(four[1] & 15 | (four[3] & 15) << 4, at: 64 * half + 32 + index)
        target.store(
          four[0] >> 4 | (four[1] >> 4) << 2 | (four[2] >> 4) << 4 | (four[3] >> 4) << 6, at: 128 + 32 * half + index)
      }
    }
  }
}
