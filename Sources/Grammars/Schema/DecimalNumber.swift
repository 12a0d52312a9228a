/// A decimal number, exactly.
struct DecimalNumber: Hashable, Sendable {
  let isNegative: Bool
  /// Digits before the point, without leading zeros: none for 0.
  let whole: [UInt8]
  /// Digits behind the point, without trailing zeros.
  let fraction: [UInt8]

  static let zero = DecimalNumber(isNegative: false, whole: [], fraction: [])

  init(isNegative: Bool, whole: some Sequence<UInt8>, fraction: [UInt8]) {
    let kept = Array(whole.drop { $0 == 0 })
    let end = fraction.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    self.whole = kept
    self.fraction = Array(fraction[..<end])
    self.isNegative = isNegative && !(kept.isEmpty && end == 0)
  }

  init(_ value: Int) {
    self.init(isNegative: value < 0, whole: String(value.magnitude).utf8.map { $0 - 0x30 }, fraction: [])
  }

  /// - Parameter text: as JSON spells it. Nil when it has too many digits to be written out.
  init?(_ text: String) {
    var isNegative = false
    var digits: [[UInt8]] = [[], []]
    var part = 0
    let mantissa = text.utf8.prefix { $0 | 0x20 != 0x65 }
    for byte in mantissa {
      switch byte {
      case 0x2D: isNegative = true
      case 0x2E: part = 1
      default: digits[part].append(byte &- 0x30)
      }
    }
    let exponent = text.utf8.dropFirst(mantissa.count + 1).drop { $0 == 0x2B }
    guard digits[0].count + digits[1].count <= 1024,
      let power = exponent.isEmpty ? 0 : Int(String(decoding: exponent, as: UTF8.self))
    else { return nil }
    self.init(isNegative: isNegative, whole: digits[0], fraction: digits[1], exponent: power)
  }

  private init?(isNegative: Bool, whole: [UInt8], fraction: [UInt8], exponent: Int) {
    guard (-400...400).contains(exponent) else { return nil }
    var (before, behind) = (whole, fraction)
    if exponent > 0 {
      before += (0..<exponent).map { $0 < behind.count ? behind[$0] : 0 }
      behind = Array(behind.dropFirst(exponent))
    } else if exponent < 0 {
      let padded = [UInt8](repeating: 0, count: max(0, -exponent - before.count)) + before
      behind = padded.suffix(-exponent) + behind
      before = padded.dropLast(-exponent)
    }
    self.init(isNegative: isNegative, whole: before, fraction: behind)
  }

  var isZero: Bool { whole.isEmpty && fraction.isEmpty }
  var isInteger: Bool { fraction.isEmpty }
  /// Digits that count, about: more than 15 may not survive in a double.
  var digitCount: Int { whole.count + fraction.count }
  var negated: DecimalNumber { DecimalNumber(isNegative: !isNegative, whole: whole, fraction: fraction) }
  /// The value, when it is a whole number of up to 18 digits.
  var integer: Int? {
    guard isInteger, whole.count <= 18 else { return nil }
    let magnitude = whole.reduce(0) { $0 * 10 + Int($1) }
    return isNegative ? -magnitude : magnitude
  }

  var text: [UInt8] {
    let digits = { (part: [UInt8]) in part.map { $0 + 0x30 } }
    return (isNegative ? [0x2D] : []) + (whole.isEmpty ? [0x30] : digits(whole))
      + (fraction.isEmpty ? [] : [0x2E] + digits(fraction))
  }
}

extension DecimalNumber: Comparable {
  static func < (a: DecimalNumber, b: DecimalNumber) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? precedes(b, a) : precedes(a, b)
  }

  private static func precedes(_ a: DecimalNumber, _ b: DecimalNumber) -> Bool {
    if a.whole.count != b.whole.count { return a.whole.count < b.whole.count }
    return (a.whole + a.fraction).lexicographicallyPrecedes(b.whole + b.fraction)
  }
}
