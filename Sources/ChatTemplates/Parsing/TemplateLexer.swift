/// Cuts a template's source into text, outputs and tags, and trims whitespace as transformers configures Jinja:
/// the line end after a tag (`trim_blocks`), blanks before a tag that starts its line (`lstrip_blocks`), all whitespace
/// on the side of a hyphen, and none on the side of a plus.
struct TemplateLexer {
  private enum Mark {
    case output, tag, comment
  }

  private var source: SourceText
  private var fragments: [TemplateFragment] = []
  /// Whether the text that follows starts a line.
  private var startsLine = true

  static func fragments(of source: String) throws(ChatTemplateError) -> [TemplateFragment] {
    var lexer = TemplateLexer(source: SourceText(source))
    while !lexer.source.isAtEnd { try lexer.takePart() }
    return lexer.fragments
  }

  private init(source: SourceText) { self.source = source }

  /// Takes the text up to the next mark, and what the mark opens.
  private mutating func takePart() throws(ChatTemplateError) {
    let start = source.at
    while !source.isAtEnd, Self.mark(at: source) == nil { source.move(by: 1) }
    guard let mark = Self.mark(at: source) else { return addText(source.scalars[start...], line: source.line) }
    let sign = Self.isSign(source[2]) ? source[2] : 0
    addText(trimmed(source.scalars[start..<source.at], sign, before: mark), line: source.line)
    let line = source.line
    source.move(by: sign == 0 ? 2 : 3)
    if mark == .tag, takeRawOpening() { return try takeRaw(line) }
    if mark == .comment { return try skipComment(line) }
    var lexer = ExpressionLexer(source, closing: mark == .output ? "}}" : "%}", takesPlus: mark == .tag)
    try lexer.run()
    source = lexer.source
    fragments.append(
      TemplateFragment(content: mark == .output ? .output(lexer.tokens) : .tag(lexer.tokens), line: line))
    trimAfter(lexer.closingSign, mark)
  }

  private static func mark(at source: SourceText) -> Mark? {
    guard source[0] == 0x7B else { return nil }
    switch source[1] {
    case 0x7B: return .output
    case 0x25: return .tag
    case 0x23: return .comment
    default: return nil
    }
  }

  private static func isSign(_ scalar: UInt32) -> Bool { scalar == 0x2D || scalar == 0x2B }

  private func trimmed(_ text: ArraySlice<UInt32>, _ sign: UInt32, before mark: Mark) -> ArraySlice<UInt32> {
    var text = text
    if sign == 0x2D {
      while let last = text.last, TracedText.isWhitespace(last) { text.removeLast() }
    } else if sign == 0, mark != .output {
      let lineStart = text.lastIndex(of: 0x0A).map { $0 + 1 } ?? (startsLine ? text.startIndex : nil)
      if let lineStart, text[lineStart...].allSatisfy(TracedText.isWhitespace) { text = text[..<lineStart] }
    }
    return text
  }

  private mutating func addText(_ text: ArraySlice<UInt32>, line: Int) {
    guard !text.isEmpty else { return }
    fragments.append(TemplateFragment(content: .text(SourceText.string(text)), line: line))
  }

  private mutating func trimAfter(_ sign: UInt32, _ mark: Mark) {
    let start = source.at
    if sign == 0x2D {
      source.skipWhitespace()
    } else if mark != .output, sign == 0, source[0] == 0x0A {
      source.move(by: 1)
    }
    startsLine = source.at > start && source.scalars[source.at - 1] == 0x0A
  }

  private mutating func skipComment(_ line: Int) throws(ChatTemplateError) {
    while !source.isAtEnd {
      let sign = Self.isSign(source[0]) && source.isNext("#}", ahead: 1) ? source[0] : 0
      if sign != 0 || source.isNext("#}") {
        source.move(by: sign == 0 ? 2 : 3)
        return trimAfter(sign, .comment)
      }
      source.move(by: 1)
    }
    throw ChatTemplateError(.syntax, "a comment is not closed", line: line)
  }

  // MARK: Raw text

  /// Takes `raw %}` after the opening of a tag, if that is next.
  private mutating func takeRawOpening() -> Bool {
    var ahead = source
    ahead.skipWhitespace()
    guard ahead.isNext("raw") else { return false }
    ahead.move(by: 3)
    ahead.skipWhitespace()
    let trims = ahead.isNext("-%}")
    guard trims || ahead.isNext("%}") else { return false }
    ahead.move(by: trims ? 3 : 2)
    if trims { ahead.skipWhitespace() }
    startsLine = source.at < ahead.at && ahead.scalars[ahead.at - 1] == 0x0A
    source = ahead
    return true
  }

  /// Takes text up to and with `{% endraw %}`.
  private mutating func takeRaw(_ line: Int) throws(ChatTemplateError) {
    let start = source.at
    while !source.isAtEnd {
      if source.isNext("{%") {
        var end = source
        let sign = Self.isSign(end[2]) ? end[2] : 0
        end.move(by: sign == 0 ? 2 : 3)
        end.skipWhitespace()
        if end.isNext("endraw") {
          end.move(by: 6)
          end.skipWhitespace()
          let closing = Self.isSign(end[0]) && end.isNext("%}", ahead: 1) ? end[0] : 0
          if closing != 0 || end.isNext("%}") {
            addText(trimmed(source.scalars[start..<source.at], sign, before: .tag), line: line)
            source = end
            source.move(by: closing == 0 ? 2 : 3)
            return trimAfter(closing, .tag)
          }
        }
      }
      source.move(by: 1)
    }
    throw ChatTemplateError(.syntax, "a raw block is not closed", line: line)
  }
}
