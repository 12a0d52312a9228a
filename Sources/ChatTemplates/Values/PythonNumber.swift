/// How Python spells numbers.
enum PythonNumber {
  /// The shortest digits that give the number again, with an exponent below 1e-4 and from 1e16 on.
  static func text(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let (digits, exponent) = shortest(value.magnitude)
    let sign = value.sign == .minus ? "-" : ""
    if exponent < -4 || exponent >= 16 {
      let fraction = digits.dropFirst()
      let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
      let mantissa = fraction.isEmpty ? digits : "\(digits.prefix(1)).\(fraction)"
      return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(size)"
    }
    if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
    let whole = digits.prefix(exponent + 1)
    let fraction = digits.dropFirst(exponent + 1)
    let zeros = String(repeating: "0", count: exponent + 1 - whole.count)
    return "\(sign)\(whole)\(zeros).\(fraction.isEmpty ? "0" : String(fraction))"
  }

  /// The significant digits, and the power of ten of the first.
  private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
    guard value != 0 else { return ("0", 0) }
    // Swift gives the same digits as Python, in a layout of its own.
    let parts = value.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let whole = mantissa[0]
    let all = whole + (mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : "")
    let significant = all.drop { $0 == "0" }
    let leading = all.count - significant.count
    var digits = String(significant)
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    return (digits, exponent + whole.count - 1 - leading)
  }
}
