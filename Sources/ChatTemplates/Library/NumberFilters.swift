/// Filters that give numbers, or spell them.
enum NumberFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "int": FilterLibrary.Filter("default", "base", body: integer),
    "float": FilterLibrary.Filter("default") { (value, arguments, _) throws(ChatTemplateError) in
      try number(value).map(TemplateValue.float) ?? arguments[0] ?? .float(0)
    },
    "abs": FilterLibrary.Filter { (value, _, _) throws(ChatTemplateError) in
      switch Arithmetic.Number(value) {
      case .integer(let number)? where number != .min: return .integer(abs(number))
      case .float(let number)?: return .float(number.magnitude)
      default: throw ChatTemplateError(.evaluation, "\(value.kindName) has no magnitude")
      }
    },
    "round": FilterLibrary.Filter("precision", "method", body: round),
    "filesizeformat": FilterLibrary.Filter("binary") { (value, arguments, _) throws(ChatTemplateError) in
      guard let bytes = try number(value) else {
        throw ChatTemplateError(.evaluation, "\(value.kindName) is no size of a file")
      }
      return .text(size(bytes, isBinary: arguments.isTrue(0)))
    },
  ]

  @Sendable private static func integer(
    _ value: TemplateValue, _ arguments: BoundArguments, _: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    if case .digits = value { return value }
    if case .integer(let number)? = Arithmetic.Number(value) { return .integer(number) }
    if case .text(let text) = value, let number = parsed(text, { whole($0, base: 10) }) {
      return .integer(number)
    }
    if case .text(let text) = value, let base = try arguments.integer(1), base != 10 {
      if let number = parsed(text, { whole($0, base: base) }) { return .integer(number) }
    }
    guard let number = try number(value) else { return arguments[0] ?? .integer(0) }
    return Int(exactly: number.rounded(.towardZero)).map(TemplateValue.integer) ?? arguments[0] ?? .integer(0)
  }

  /// A number, or one written in a text; nil for any other value.
  private static func number(_ value: TemplateValue) throws(ChatTemplateError) -> Double? {
    switch value {
    case .text(let text): return parsed(text) { Double($0.replacing("_", with: "")) }
    case .digits(let digits): return Double(digits)
    case .undefined: throw ChatTemplateError(.evaluation, "a number is read from \(value.kindName)")
    default: return Arithmetic.Number(value)?.double
    }
  }

  /// A number written in a text of a number's length.
  private static func parsed<Number>(_ text: TracedText, _ parse: (String) -> Number?) -> Number? {
    text.count <= 64 ? parse(text.trimmed().string) : nil
  }

  /// A whole number in digits of a base, with the base's prefix or without it.
  private static func whole(_ text: String, base: Int) -> Int? {
    let lower = text.lowercased().replacing("_", with: "")
    let sign = lower.prefix { $0 == "-" || $0 == "+" }
    guard sign.count <= 1, (2...36).contains(base) else { return nil }
    var digits = lower.dropFirst(sign.count)
    if let prefix = [16: "0x", 8: "0o", 2: "0b"][base], digits.hasPrefix(prefix) { digits = digits.dropFirst(2) }
    guard digits.first?.isLetter == true || digits.first?.isNumber == true else { return nil }
    return Int(sign + digits, radix: base)
  }

  @Sendable private static func round(
    _ value: TemplateValue, _ arguments: BoundArguments, _: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let precision = try arguments.integer(0) ?? 0
    let method = try arguments.optionalText(1)?.string ?? "common"
    guard (-20...20).contains(precision), ["common", "ceil", "floor"].contains(method) else {
      throw ChatTemplateError(
        .evaluation, "\"round\" takes a precision from -20 to 20 and the method common, ceil or floor")
    }
    guard let number = Arithmetic.Number(value) else {
      throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be rounded")
    }
    if method == "common" {
      if case .integer(let number) = number, precision >= 0 { return .integer(number) }
      let rounded = DecimalFormat.rounded(number.double, precision: precision)
      if case .integer = number { return Int(exactly: rounded).map(TemplateValue.integer) ?? .float(rounded) }
      return .float(rounded)
    }
    let scale = DecimalFormat.power(of: 10, precision)
    let scaled = number.double * scale
    return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
  }

  private static func size(_ bytes: Double, isBinary: Bool) -> String {
    let base: Double = isBinary ? 1024 : 1000
    if bytes == 1 { return "1 Byte" }
    if bytes < base { return "\(Int(bytes)) Bytes" }
    let prefixes =
      isBinary
      ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"] : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    var unit = base
    for prefix in prefixes {
      unit *= base
      if bytes < unit || prefix == prefixes.last { return DecimalFormat.fixed(base * bytes / unit, 1) + " " + prefix }
    }
    return ""
  }
}
