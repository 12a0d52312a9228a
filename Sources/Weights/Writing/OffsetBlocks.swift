import CKernels

/// Q4_K and Q5_K: 256 numbers in 8 parts, each `scale * quant - offset`, where scales and offsets have 6 bits under a
/// scale of the block's.
enum OffsetBlocks {
  static func q4_K(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let quants = write(block, top: 15, target)
    for part in 0..<4 {
      for index in 0..<32 {
        target.store(quants[2 * part][index] | quants[2 * part + 1][index] << 4, at: 16 + 32 * part + index)
      }
    }
  }

  static func q5_K(_ block: BlockNumbers, _ target: UnsafeMutableRawPointer) {
    let quants = write(block, top: 31, target)
    for index in 0..<32 {
      var high: UInt8 = 0
      for part in 0..<4 {
        let (first, second) = (quants[2 * part][index], quants[2 * part + 1][index])
        target.store(first & 15 | (second & 15) << 4, at: 48 + 32 * part + index)
        high |= (first >> 4 | (second >> 4) << 1) << (2 * part)
      }
      target.store(high, at: 16 + index)
    }
  }

  /// Writes the scales, and gives the quants of each part under them.
  private static func write(
    _ block: BlockNumbers, top: Float, _ target: UnsafeMutableRawPointer
  ) -> [SIMD32<UInt8>] {
    let fits = (0..<8).map { part in
      var fit: (scale: Float, offset: Float) = (0, 0)
      lh_fit_offset(block.values + 32 * part, block.importance.map { $0 + 32 * part }, top, &fit.scale, &fit.offset)
      return fit
    }
    let largest = fits.map(\.scale).max() ?? 0
    let lowest = fits.map(\.offset).max() ?? 0
    let scale = target.storeHalf(largest / 63, at: 0)
    let offset = target.storeHalf(lowest / 63, at: 2)
    func steps(_ number: Float, of largest: Float) -> UInt8 {
      UInt8(within: largest > 0 ? 63 * number / largest + 0.5 : 0, 63)
    }
    let scales = fits.map { steps($0.scale, of: largest) }
    let offsets = fits.map { steps($0.offset, of: lowest) }
    for part in 0..<4 {
      target.store(scales[part] | (scales[part + 4] >> 4) << 6, at: 4 + part)
      target.store(offsets[part] | (offsets[part + 4] >> 4) << 6, at: 8 + part)
      target.store(scales[part + 4] & 15 | (offsets[part + 4] & 15) << 4, at: 12 + part)
    }
    return (0..<8).map { part in
      let step = scale * Float(scales[part])
      guard step > 0 else { return SIMD32(repeating: 0) }
      var quants = SIMD32<UInt8>(repeating: 0)
      for index in 0..<32 {
        let shifted = (block.values[32 * part + index] + offset * Float(offsets[part])) / step
        quants[index] = UInt8(within: shifted.rounded(.toNearestOrEven), UInt8(top))
      }
      return quants
    }
  }
}
