/// Cuts a template's source into text, outputs and tags, and trims whitespace as Hugging Face configures Jinja:
/// the line end after a tag (`trim_blocks`), blanks before a tag that starts its line (`lstrip_blocks`), all whitespace
/// on the side of a hyphen, and none on the side of a plus.
struct TemplateLexer {
  private let source: [UInt8]
  private var at = 0
  private var line = 1
  private var fragments: [TemplateFragment] = []
  /// Whether the text that follows starts a line.
  private var startsLine = true

  private init(_ source: [UInt8]) { self.source = source }

  static func fragments(of source: String) throws(ChatTemplateError) -> [TemplateFragment] {
    var bytes: [UInt8] = []
    var previous: UInt8 = 0
    for byte in source.utf8 {
      // Normalizes line ends to line feeds.
      if byte == 0x0D { bytes.append(0x0A) } else if byte != 0x0A || previous != 0x0D { bytes.append(byte) }
      previous = byte
    }
    // Jinja drops one line end at the very end.
    if bytes.last == 0x0A { bytes.removeLast() }
    var lexer = TemplateLexer(bytes)
    try lexer.run()
    return lexer.fragments
  }

  private mutating func run() throws(ChatTemplateError) {
    while at < source.count {
      let opening = nextOpening()
      addText(upTo: opening ?? source.count)
      guard let opening else { break }
      let kind = source[opening + 1]
      move(to: opening + 2)
      if at < source.count, source[at] == UInt8(ascii: "-") || source[at] == UInt8(ascii: "+") {
        move(to: at + 1)
      }
      let start = line
      if kind == UInt8(ascii: "#") {
        try skipComment()
      } else {
        var lexer = ExpressionLexer(
          source: source, at: at, line: line, closing: kind == UInt8(ascii: "{") ? "}}" : "%}")
        try lexer.run()
        (at, line) = (lexer.at, lexer.line)
        let content: TemplateFragment.Content =
          kind == UInt8(ascii: "{") ? .output(lexer.tokens) : .tag(lexer.tokens)
        fragments.append(TemplateFragment(content: content, line: start))
        trimAfter(lexer.closingSign, isOutput: kind == UInt8(ascii: "{"))
      }
    }
  }

  private func nextOpening() -> Int? {
    var index = at
    while index + 1 < source.count {
      if source[index] == UInt8(ascii: "{"), [0x7B, 0x25, 0x23].contains(source[index + 1]) { return index }
      index += 1
    }
    return nil
  }

  private mutating func addText(upTo end: Int) {
    var text = source[at..<end]
    if end + 1 < source.count {
      let sign = end + 2 < source.count ? source[end + 2] : 0
      if sign == UInt8(ascii: "-") {
        while let last = text.last, isWhitespace(last) { text.removeLast() }
      } else if sign != UInt8(ascii: "+"), source[end + 1] != UInt8(ascii: "{") {
        let lineStart = text.lastIndex(of: 0x0A).map { $0 + 1 }
        if let start = lineStart ?? (startsLine ? text.startIndex : nil),
          text[start...].allSatisfy(isWhitespace)
        {
          text = text[..<start]
        }
      }
    }
    if !text.isEmpty {
      fragments.append(TemplateFragment(content: .text(String(decoding: text, as: UTF8.self)), line: line))
    }
    move(to: end)
  }

  private mutating func skipComment() throws(ChatTemplateError) {
    let start = line
    var index = at
    while index + 1 < source.count {
      if source[index] == UInt8(ascii: "#"), source[index + 1] == UInt8(ascii: "}") {
        let sign = index > at ? source[index - 1] : 0
        move(to: index + 2)
        return trimAfter(sign, isOutput: false)
      }
      index += 1
    }
    throw ChatTemplateError(.syntax, "a comment is not closed", line: start)
  }

  private mutating func trimAfter(_ sign: UInt8, isOutput: Bool) {
    let start = at
    if sign == UInt8(ascii: "-") {
      var end = at
      while end < source.count, isWhitespace(source[end]) { end += 1 }
      move(to: end)
    } else if !isOutput, sign != UInt8(ascii: "+"), at < source.count, source[at] == 0x0A {
      move(to: at + 1)
    }
    startsLine = at > start && source[at - 1] == 0x0A
  }

  private mutating func move(to end: Int) {
    for index in at..<end where source[index] == 0x0A { line += 1 }
    at = end
  }

  private func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
