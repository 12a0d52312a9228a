/// Reads a string literal with Python's escapes. An unknown escape is kept, with its backslash.
struct StringLiteralReader {
  private(set) var source: SourceText
  private var text: [UInt32] = []

  /// - Parameter source: at the opening quote.
  init(_ source: SourceText) { self.source = source }

  private static let plainEscapes: [UInt32: UInt32] = [
    0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x61: 0x07, 0x62: 0x08, 0x66: 0x0C, 0x76: 0x0B, 0x5C: 0x5C, 0x27: 0x27,
    0x22: 0x22,
  ]

  /// Leaves the source after the closing quote.
  mutating func read() throws(ChatTemplateError) -> String {
    let (quote, start) = (source[0], source.line)
    source.move(by: 1)
    while !source.isAtEnd, source[0] != quote {
      if source[0] == 0x5C {
        try takeEscape()
      } else {
        text.append(source[0])
        source.move(by: 1)
      }
    }
    guard !source.isAtEnd else { throw ChatTemplateError(.syntax, "a string is not closed", line: start) }
    source.move(by: 1)
    return SourceText.string(text)
  }

  private mutating func takeEscape() throws(ChatTemplateError) {
    let kind = source[1]
    switch kind {
    case 0x0A: source.move(by: 2)
    case 0x78: try takeScalar(digits: 2)
    case 0x75: try takeScalar(digits: 4)
    case 0x55: try takeScalar(digits: 8)
    case 0x30...0x37: takeOctal()
    case 0x4E:
      throw ChatTemplateError(
        .unsupported, "the escape \"\\N\" of a character's name is not supported", line: source.line)
    default:
      text += Self.plainEscapes[kind].map { [$0] } ?? [0x5C, kind]
      source.move(by: min(2, source.scalars.count - source.at))
    }
  }

  private mutating func takeScalar(digits: Int) throws(ChatTemplateError) {
    guard var value = hexadecimal(digits, ahead: 2) else {
      throw ChatTemplateError(.syntax, "an escape in a string lacks its \(digits) digits", line: source.line)
    }
    source.move(by: 2 + digits)
    // Two halves of a surrogate pair are one character.
    if (0xD800..<0xDC00).contains(value), source[0] == 0x5C, source[1] == 0x75, let low = hexadecimal(4, ahead: 2),
      (0xDC00..<0xE000).contains(low)
    {
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      source.move(by: 6)
    }
    guard Unicode.Scalar(value) != nil else {
      throw ChatTemplateError(.syntax, "an escape in a string is no character", line: source.line)
    }
    text.append(value)
  }

  private func hexadecimal(_ count: Int, ahead: Int) -> UInt32? {
    let digits = (0..<count).map { source[ahead + $0] }
    guard digits.allSatisfy({ Unicode.Scalar($0)?.properties.isASCIIHexDigit ?? false }) else { return nil }
    return UInt32(SourceText.string(digits), radix: 16)
  }

  private mutating func takeOctal() {
    source.move(by: 1)
    var value: UInt32 = 0
    var count = 0
    while count < 3, (0x30...0x37).contains(source[0]) {
      value = value * 8 + source[0] - 0x30
      source.move(by: 1)
      count += 1
    }
    text.append(value)
  }
}
