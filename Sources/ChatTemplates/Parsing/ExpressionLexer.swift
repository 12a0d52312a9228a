/// Tokens of one output or tag, through its closing mark.
struct ExpressionLexer {
  private(set) var source: SourceText
  private(set) var tokens: [TemplateToken] = []
  /// `-` or `+` before the closing mark, else 0.
  private(set) var closingSign: UInt32 = 0
  private let closing: StaticString
  private let takesPlus: Bool
  private var openBrackets: [UInt32] = []

  /// - Parameters:
  ///   - source: at the first scalar after the opening mark.
  ///   - takesPlus: whether a plus may belong to the closing mark.
  init(_ source: SourceText, closing: StaticString, takesPlus: Bool) {
    self.source = source
    self.closing = closing
    self.takesPlus = takesPlus
  }

  private static let longSymbols: Set<String> = ["==", "!=", "<=", ">=", "//", "**"]
  private static let shortSymbols = Set("+-*/%~<>=()[]{},.:|;".unicodeScalars.map(\.value))
  private static let brackets: [UInt32: UInt32] = [0x29: 0x28, 0x5D: 0x5B, 0x7D: 0x7B]

  mutating func run() throws(ChatTemplateError) {
    let start = source.line
    while !source.isAtEnd {
      if openBrackets.isEmpty, takeClosing() { return }
      let scalar = source[0]
      switch scalar {
      case _ where TracedText.isWhitespace(scalar): source.move(by: 1)
      case 0x27, 0x22:
        var reader = StringLiteralReader(source)
        tokens.append(.string(try reader.read()))
        source = reader.source
      case 0x30...0x39:
        var reader = NumberReader(source, followsDot: tokens.last == .symbol("."))
        tokens.append(try reader.read())
        source = reader.source
      case _ where Self.startsName(scalar): takeName()
      default: try takeSymbol()
      }
    }
    throw ChatTemplateError(.syntax, "a tag or output is not closed", line: start)
  }

  private mutating func takeClosing() -> Bool {
    if source.isNext(closing) {
      source.move(by: 2)
      return true
    }
    guard source[0] == 0x2D || (takesPlus && source[0] == 0x2B), source.isNext(closing, ahead: 1) else { return false }
    closingSign = source[0]
    source.move(by: 3)
    return true
  }

  private mutating func takeName() {
    let begin = source.at
    while Self.startsName(source[0]) || Self.continuesName(source[0]) { source.move(by: 1) }
    tokens.append(.name(SourceText.string(source.scalars[begin..<source.at])))
  }

  private static func startsName(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return (0x41...0x5A).contains(scalar & ~0x20) || scalar == 0x5F }
    return Unicode.Scalar(scalar)?.properties.isXIDStart ?? false
  }

  private static func continuesName(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return (0x30...0x39).contains(scalar) }
    return Unicode.Scalar(scalar)?.properties.isXIDContinue ?? false
  }

  private mutating func takeSymbol() throws(ChatTemplateError) {
    let pair = SourceText.string([source[0], source[1]])
    if Self.longSymbols.contains(pair) {
      tokens.append(.symbol(pair))
      source.move(by: 2)
      return
    }
    let scalar = source[0]
    guard Self.shortSymbols.contains(scalar) else {
      throw ChatTemplateError(
        .syntax, "the character with code \(scalar) is not allowed here", line: source.line)
    }
    if Self.brackets.values.contains(scalar) { openBrackets.append(scalar) }
    if let opening = Self.brackets[scalar], openBrackets.popLast() != opening {
      throw ChatTemplateError(.syntax, "a bracket is closed that was not opened", line: source.line)
    }
    tokens.append(.symbol(SourceText.string([scalar])))
    source.move(by: 1)
  }
}
