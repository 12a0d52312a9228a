import Foundation

/// Numbers for people, the same in every locale.
enum Decimals {
  /// With a fixed number of decimals; very large and very small ones in powers of ten; a dash for what is no number.
  static func text(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return "–" }
    if abs(value) >= 1e6 { return String(format: "%.1e", value) }
    return String(format: "%.\(places)f", value)
  }

  /// A mark on an axis, a round number: without idle zeros.
  static func mark(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    return abs(value) >= 1e6 ? String(format: "%.0e", value) : String(format: "%.6g", value)
  }

  /// As few decimals as a label needs: three digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch abs(value) {
    case 1e6...: return String(format: "%.0e", value)
    case 100...: return String(format: "%.0f", value)
    case 10..<100: return String(format: "%.1f", value)
    default: return String(format: "%.2f", value)
    }
  }
}
