/// Numbers of 8 bits: a sign, 4 bits of exponent under a bias of 7, 3 of fraction. Of the largest exponent only all
/// ones is no number; there are no infinities.
enum Float8 {
  /// The number of every pattern.
  static let e4m3: [Float] = (0...255).map { bits in
    let (exponent, fraction) = (bits >> 3 & 15, bits & 7)
    if bits & 0x7F == 0x7F { return .nan }
    let magnitude =
      exponent == 0
      ? Float(fraction) / 512
      : Float(8 + fraction) * Float(sign: .plus, exponent: exponent - 10, significand: 1)
    return bits & 0x80 == 0 ? magnitude : -magnitude
  }
}

extension Float {
  /// The upper half of the nearest number that fits one, of two equally near the even one.
  var bfloat16: UInt16 {
    let bits = bitPattern
    guard !isNaN else { return UInt16(truncatingIfNeeded: bits >> 16) | 64 }
    return UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16)
  }
}
