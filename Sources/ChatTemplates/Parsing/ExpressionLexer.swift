/// Tokens of one output or tag, through its closing mark.
struct ExpressionLexer {
  private let source: [UInt8]
  private let closing: [UInt8]
  private(set) var at: Int
  private(set) var line: Int
  private(set) var tokens: [TemplateToken] = []
  /// `-` or `+` before the closing mark, else 0.
  private(set) var closingSign: UInt8 = 0
  private var openBrackets = 0

  init(source: [UInt8], at: Int, line: Int, closing: String) {
    self.source = source
    self.at = at
    self.line = line
    self.closing = Array(closing.utf8)
  }

  private static let longSymbols: Set<String> = ["==", "!=", "<=", ">=", "//", "**"]
  private static let shortSymbols: Set<UInt8> = Set("+-*/%~<>=()[]{},.:|".utf8)

  mutating func run() throws(ChatTemplateError) {
    let start = line
    while at < source.count {
      if openBrackets == 0, takeClosing() { return }
      let byte = source[at]
      switch byte {
      case 0x0A:
        line += 1
        at += 1
      case 0x20, 0x09: at += 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""): try takeString(byte)
      case 0x30...0x39: try takeNumber()
      case _ where isNameByte(byte):
        let begin = at
        while at < source.count, isNameByte(source[at]) || (0x30...0x39).contains(source[at]) { at += 1 }
        tokens.append(.name(String(decoding: source[begin..<at], as: UTF8.self)))
      default: try takeSymbol()
      }
    }
    throw ChatTemplateError(.syntax, "a tag or output is not closed", line: start)
  }

  private mutating func takeClosing() -> Bool {
    if source[at...].starts(with: closing) {
      at += 2
      return true
    }
    let sign = source[at]
    guard sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+"), source[(at + 1)...].starts(with: closing)
    else {
      return false
    }
    closingSign = sign
    at += 3
    return true
  }

  private mutating func takeSymbol() throws(ChatTemplateError) {
    let pair = String(decoding: source[at..<min(at + 2, source.count)], as: UTF8.self)
    if ExpressionLexer.longSymbols.contains(pair) {
      tokens.append(.symbol(pair))
      at += 2
      return
    }
    let byte = source[at]
    guard ExpressionLexer.shortSymbols.contains(byte) else {
      throw ChatTemplateError(.syntax, "the character with code \(byte) is not allowed here", line: line)
    }
    if "([{".utf8.contains(byte) { openBrackets += 1 }
    if ")]}".utf8.contains(byte) { openBrackets = max(0, openBrackets - 1) }
    tokens.append(.symbol(String(Unicode.Scalar(byte))))
    at += 1
  }

  private mutating func takeNumber() throws(ChatTemplateError) {
    let begin = at
    var isFloat = false
    while at < source.count {
      if (0x30...0x39).contains(source[at]) || source[at] == UInt8(ascii: "_") {
        at += 1
      } else if !isFloat, source[at] == UInt8(ascii: "."), at + 1 < source.count,
        (0x30...0x39).contains(source[at + 1])
      {
        isFloat = true
        at += 1
      } else {
        break
      }
    }
    let digits = String(decoding: source[begin..<at].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    if isFloat, let value = Double(digits) {
      tokens.append(.float(value))
    } else if let value = Int(digits) {
      tokens.append(.integer(value))
    } else {
      throw ChatTemplateError(.syntax, "the number \(digits.prefix(40)) is out of range", line: line)
    }
  }

  private mutating func takeString(_ quote: UInt8) throws(ChatTemplateError) {
    let start = line
    var bytes: [UInt8] = []
    at += 1
    while at < source.count, source[at] != quote {
      if source[at] == 0x0A { line += 1 }
      if source[at] == UInt8(ascii: "\\"), at + 1 < source.count {
        at += 1
        takeEscape(into: &bytes)
      } else {
        bytes.append(source[at])
        at += 1
      }
    }
    guard at < source.count else { throw ChatTemplateError(.syntax, "a string is not closed", line: start) }
    at += 1
    tokens.append(.string(String(decoding: bytes, as: UTF8.self)))
  }

  /// Reads the escape after a backslash. An unknown escape is kept, with its backslash.
  private mutating func takeEscape(into bytes: inout [UInt8]) {
    let byte = source[at]
    at += 1
    switch byte {
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(byte)
    case 0x0A: line += 1
    case UInt8(ascii: "x"), UInt8(ascii: "u"):
      let length = byte == UInt8(ascii: "x") ? 2 : 4
      let digits = String(decoding: source[at..<min(at + length, source.count)], as: UTF8.self)
      if digits.utf8.count == length, let value = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(value)
      {
        bytes.append(contentsOf: Array(String(scalar).utf8))
        at += length
      } else {
        bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
      }
    default: bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
    }
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
  }
}
