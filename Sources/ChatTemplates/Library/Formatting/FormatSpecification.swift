/// A format specification of Python: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
struct FormatSpecification {
  var fill: UInt32 = 0x20 | TracedText.templateBit
  /// `<`, `>`, `^`, `=`, or nil for the type's own.
  var alignment: Unicode.Scalar?
  var sign: Unicode.Scalar = "-"
  var isAlternate = false
  var width = 0
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  private static let alignments: [Unicode.Scalar] = ["<", ">", "^", "="]
  static let longestWidth = 1 << 20

  init() {}

  /// - Throws: when the text is no specification.
  init(_ text: TracedText) throws(ChatTemplateError) {
    var rest = text.units[...]
    func scalar(_ unit: UInt32?) -> Unicode.Scalar? { unit.flatMap { Unicode.Scalar(TracedText.scalar($0)) } }
    func take(_ allowed: [Unicode.Scalar]) -> Unicode.Scalar? {
      guard let next = scalar(rest.first), allowed.contains(next) else { return nil }
      rest.removeFirst()
      return next
    }
    func takeNumber() throws(ChatTemplateError) -> Int? {
      var digits = ""
      while let digit = take(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]) { digits.unicodeScalars.append(digit) }
      if digits.isEmpty { return nil }
      guard let number = Int(digits), number <= Self.longestWidth else {
        throw ChatTemplateError(.limit, "a format asks for more than \(Self.longestWidth) characters")
      }
      return number
    }
    if rest.count > 1, let mark = scalar(rest.dropFirst().first), Self.alignments.contains(mark) {
      fill = rest.removeFirst()
    }
    alignment = take(Self.alignments)
    sign = take(["+", "-", " "]) ?? "-"
    _ = take(["z"])
    isAlternate = take(["#"]) != nil
    if take(["0"]) != nil, alignment == nil { (fill, alignment) = (0x30 | TracedText.templateBit, "=") }
    width = try takeNumber() ?? 0
    grouping = take([",", "_"])
    if take(["."]) != nil {
      guard let precision = try takeNumber() else {
        throw ChatTemplateError(.evaluation, "a format has a point without a precision")
      }
      self.precision = precision
    }
    type = scalar(rest.popFirst())
    guard rest.isEmpty else {
      throw ChatTemplateError(.evaluation, "\"\(text.string.prefix(64))\" is no format specification")
    }
  }

  /// A value in this format.
  func apply(_ value: TemplateValue, _ context: inout RenderContext) throws(ChatTemplateError) -> TracedText {
    if let number = Arithmetic.Number(value) {
      return try padded(TracedText(try NumberFormat(self).text(number), isFromTemplate: false), ">", &context)
    }
    guard type == nil || type == "s", alignment != "=" || fill & ~TracedText.templateBit == 0x30 else {
      throw ChatTemplateError(
        .evaluation, "the format \"\(type.map { String($0) } ?? "=")\" is not defined for \(value.kindName)")
    }
    var text = try value.printed(&context.budget)
    if let precision, precision < text.count { text = text.part(0..<precision) }
    return try padded(text, "<", &context)
  }

  private func padded(
    _ text: TracedText, _ standard: Unicode.Scalar, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TracedText {
    let missing = max(0, width - text.count)
    switch alignment ?? standard {
    case "<": return try text.padded(before: 0, after: missing, with: fill, &context.budget)
    case "^": return try text.padded(before: missing / 2, after: missing - missing / 2, with: fill, &context.budget)
    case "=":
      let hasSign = text.units.first.map { [0x2B, 0x2D, 0x20].contains(TracedText.scalar($0)) } ?? false
      let prefix = hasSign ? 1 : 0
      return text.part(0..<prefix)
        + (try text.part(prefix..<text.count).padded(before: missing, after: 0, with: fill, &context.budget))
    default: return try text.padded(before: missing, after: 0, with: fill, &context.budget)
    }
  }
}
