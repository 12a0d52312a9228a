import Foundation

/// Numbers as text for the user, the same in every locale.
package enum Decimals {
  /// With a comma between thousands.
  package static func grouped(_ value: Int) -> String {
    var digits = Array(String(value))
    var place = digits.count - 3
    while place > (value < 0 ? 1 : 0) {
      digits.insert(",", at: place)
      place -= 3
    }
    return String(digits)
  }

  /// A share as a percentage: `12 %`.
  package static func percent(_ share: Double, places: Int = 0) -> String {
    guard share.isFinite else { return "–" }
    return String(format: "%.\(places)f %%", 100 * share)
  }

  /// Bytes in units of powers of ten: `3.1 GB`.
  package static func bytes(_ count: Int) -> String {
    let unit = byteUnit(for: count)
    return "\(short(Double(count) / unit.size)) \(unit.name)"
  }

  /// The unit in which a count of bytes is a short number.
  static func byteUnit(for count: Int) -> (name: String, size: Double) {
    if Double(count) >= 1e9 { return ("GB", 1e9) }
    return Double(count) >= 1e6 ? ("MB", 1e6) : ("kB", 1e3)
  }

  /// With a fixed number of decimals; large values in powers of ten; a dash for infinity and NaN.
  package static func text(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return "–" }
    if abs(value) >= 1e6 { return String(format: "%.1e", value) }
    return String(format: "%.\(places)f", value)
  }

  /// A mark on an axis: a round number without trailing zeros.
  static func mark(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    return abs(value) >= 1e6 ? String(format: "%.0e", value) : String(format: "%.6g", value)
  }

  /// Three significant digits, for labels.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch abs(value) {
    case 1e6...: return String(format: "%.0e", value)
    case 100...: return String(format: "%.0f", value)
    case 10..<100: return String(format: "%.1f", value)
    default: return String(format: "%.2f", value)
    }
  }
}
