/// Numbers in a format specification, without its width.
struct NumberFormat {
  private let specification: FormatSpecification

  init(_ specification: FormatSpecification) { self.specification = specification }

  func text(_ number: Arithmetic.Number) throws(ChatTemplateError) -> String {
    switch (number, specification.type) {
    case (.integer(let value), nil), (.integer(let value), "d"), (.integer(let value), "n"):
      return signed(value < 0, grouped(String(value.magnitude), every: 3))
    case (.integer(let value), "x"): return signed(value < 0, radix(value.magnitude, 16, "0x"))
    case (.integer(let value), "X"): return signed(value < 0, radix(value.magnitude, 16, "0x").uppercased())
    case (.integer(let value), "o"): return signed(value < 0, radix(value.magnitude, 8, "0o"))
    case (.integer(let value), "b"): return signed(value < 0, radix(value.magnitude, 2, "0b"))
    case (.integer(let value), "c"):
      guard let scalar = UInt32(exactly: value).flatMap({ Unicode.Scalar($0) }) else {
        throw ChatTemplateError(.evaluation, "\(value) is no character")
      }
      return String(scalar)
    default: return try float(number.double)
    }
  }

  private func float(_ value: Double) throws(ChatTemplateError) -> String {
    let precision = specification.precision ?? 6
    guard precision <= DecimalFormat.longestPrecision else {
      throw ChatTemplateError(.limit, "a number has more than \(DecimalFormat.longestPrecision) digits after its point")
    }
    let isNegative = value.sign == .minus && !value.isNaN
    let magnitude = value.magnitude
    if !value.isFinite {
      let word = value.isNaN ? "nan" : "inf"
      let isUpper = specification.type.map { "EFG".unicodeScalars.contains($0) } ?? false
      return signed(isNegative, (isUpper ? word.uppercased() : word) + (specification.type == "%" ? "%" : ""))
    }
    switch specification.type {
    case nil where specification.precision == nil:
      return signed(isNegative, grouped(PythonNumber.text(magnitude), every: 3))
    case nil:
      let text = DecimalFormat.general(magnitude, max(1, precision))
      return signed(isNegative, grouped(text.utf8.contains { $0 == 0x2E || $0 == 0x65 } ? text : text + ".0", every: 3))
    case "f", "F": return signed(isNegative, grouped(DecimalFormat.fixed(magnitude, precision), every: 3))
    case "e": return signed(isNegative, DecimalFormat.exponential(magnitude, precision))
    case "E": return signed(isNegative, DecimalFormat.exponential(magnitude, precision).uppercased())
    case "g", "n": return signed(isNegative, grouped(general(magnitude, precision), every: 3))
    case "G": return signed(isNegative, grouped(general(magnitude, precision), every: 3).uppercased())
    case "%": return signed(isNegative, grouped(DecimalFormat.fixed(magnitude * 100, precision), every: 3) + "%")
    case let type?:
      throw ChatTemplateError(.evaluation, "the format \"\(type)\" is not defined for a number")
    }
  }

  private func general(_ value: Double, _ precision: Int) -> String {
    DecimalFormat.general(value, max(1, precision), keepsZeros: specification.isAlternate)
  }

  private func signed(_ isNegative: Bool, _ text: String) -> String {
    if isNegative { return "-" + text }
    return specification.sign == "-" ? text : String(specification.sign) + text
  }

  private func radix(_ value: UInt, _ radix: Int, _ prefix: String) -> String {
    (specification.isAlternate ? prefix : "") + grouped(String(value, radix: radix), every: 4)
  }

  /// The digits before the point in groups, where the format asks for them.
  private func grouped(_ text: String, every size: Int) -> String {
    guard let mark = specification.grouping else { return text }
    let whole = text.prefix { $0.isHexDigit && (size == 4 || $0.isNumber) }
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index).isMultiple(of: size) { result.unicodeScalars.append(mark) }
      result.append(digit)
    }
    return result + text.dropFirst(whole.count)
  }
}
