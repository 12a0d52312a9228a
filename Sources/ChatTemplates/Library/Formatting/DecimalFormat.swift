import Foundation

/// Doubles in decimal notation, correctly rounded.
enum DecimalFormat {
  /// Digits after the point at most.
  static let longestPrecision = 400

  static func fixed(_ value: Double, _ precision: Int) -> String { String(format: "%.\(precision)f", value) }

  static func exponential(_ value: Double, _ precision: Int) -> String { String(format: "%.\(precision)e", value) }

  /// Shorter of both, with so many significant digits.
  /// - Parameter keepsZeros: whether zeros at the end of the fraction stay.
  static func general(_ value: Double, _ precision: Int, keepsZeros: Bool = false) -> String {
    String(format: "%\(keepsZeros ? "#" : "").\(precision)g", value)
  }

  /// The nearest double with so many digits after the point; before it, where `precision` is negative.
  static func rounded(_ value: Double, precision: Int) -> Double {
    guard value.isFinite else { return value }
    if precision >= 0 { return Double(fixed(value, precision)) ?? value }
    let scale = power(of: 10, -precision)
    return (value / scale).rounded(.toNearestOrEven) * scale
  }

  static func power(of base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
}
