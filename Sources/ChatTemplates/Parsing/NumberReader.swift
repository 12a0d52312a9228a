/// Reads a number literal: decimal, hexadecimal (`0x`), octal (`0o`), binary (`0b`) or floating, with `_` between
/// digits.
struct NumberReader {
  private(set) var source: SourceText
  /// After a dot digits are an index, so that `a.0.1` is no fraction.
  private let followsDot: Bool

  init(_ source: SourceText, followsDot: Bool) {
    self.source = source
    self.followsDot = followsDot
  }

  mutating func read() throws(ChatTemplateError) -> TemplateToken {
    let radix = [0x78: 16, 0x6F: 8, 0x62: 2][source[1] | 0x20]
    if source[0] == 0x30, let radix, Self.isDigit(source[2], radix) {
      source.move(by: 2)
      return try integer(takeDigits(radix), radix)
    }
    let whole = takeDigits(10)
    var text = whole
    var isFloat = false
    if !followsDot {
      if source[0] == 0x2E, Self.isDigit(source[1], 10) {
        source.move(by: 1)
        text += "." + takeDigits(10)
        isFloat = true
      }
      let signed = source[1] == 0x2B || source[1] == 0x2D
      if source[0] | 0x20 == 0x65, Self.isDigit(source[signed ? 2 : 1], 10) {
        text += source[1] == 0x2D ? "e-" : "e"
        source.move(by: signed ? 2 : 1)
        text += takeDigits(10)
        isFloat = true
      }
    }
    if isFloat, let value = Double(text) { return .float(value) }
    guard whole.utf8.first != 0x30 || whole.utf8.allSatisfy({ $0 == 0x30 }) || followsDot else {
      throw ChatTemplateError(.syntax, "the number \(whole.prefix(40)) begins with a zero", line: source.line)
    }
    return try integer(whole, 10)
  }

  private func integer(_ digits: String, _ radix: Int) throws(ChatTemplateError) -> TemplateToken {
    guard let value = Int(digits, radix: radix) else {
      throw ChatTemplateError(.syntax, "the number \(digits.prefix(40)) is out of range", line: source.line)
    }
    return .integer(value)
  }

  /// The digits from here on, without the `_` between them.
  private mutating func takeDigits(_ radix: Int) -> String {
    var digits: [UInt32] = []
    while Self.isDigit(source[0], radix) || (source[0] == 0x5F && Self.isDigit(source[1], radix)) {
      if source[0] != 0x5F { digits.append(source[0]) }
      source.move(by: 1)
    }
    return SourceText.string(digits)
  }

  private static func isDigit(_ scalar: UInt32, _ radix: Int) -> Bool {
    switch scalar {
    case 0x30...0x39: Int(scalar - 0x30) < radix
    case 0x41...0x46, 0x61...0x66: radix == 16
    default: false
    }
  }
}
