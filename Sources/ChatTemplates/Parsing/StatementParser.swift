/// Parses fragments into statements.
struct StatementParser {
  private let fragments: [TemplateFragment]
  private var at = 0
  private var depth = 0
  var loopDepth = 0
  /// The tag that ended the last body.
  private(set) var endName = ""
  /// The bodies of `block` tags by name.
  var blocks: [String: [Statement]] = [:]

  static func parse(_ source: String) throws(ChatTemplateError) -> ParsedTemplate {
    var parser = StatementParser(fragments: try TemplateLexer.fragments(of: source))
    let (body, end) = try parser.body(until: [])
    precondition(end == nil, "a body without end tags extends to the end of the source")
    return ParsedTemplate(body: body, blocks: parser.blocks)
  }

  private init(fragments: [TemplateFragment]) { self.fragments = fragments }

  /// Statements up to a tag with one of the names, or to the end of the source when there are no names.
  /// - Returns: also the parser of the tag that ended the body, after its name.
  mutating func body(
    until ends: Set<String>
  ) throws(ChatTemplateError) -> ([Statement], ExpressionParser?) {
    depth += 1
    defer { depth -= 1 }
    let start = at < fragments.count ? fragments[max(0, at - 1)].line : 1
    guard depth <= ChatTemplateLimits.depth else {
      throw ChatTemplateError(
        .limit, "blocks are nested more than \(ChatTemplateLimits.depth) deep", line: start)
    }
    var result: [Statement] = []
    while at < fragments.count {
      let fragment = fragments[at]
      at += 1
      switch fragment.content {
      case .text(let text): result.append(.text(TracedText(text, isFromTemplate: true)))
      case .output(let tokens):
        var parser = ExpressionParser(tokens, depth: depth, line: fragment.line)
        result.append(.output(try parser.expressionList(), line: fragment.line))
        try parser.expectEnd()
      case .tag(let tokens):
        var parser = ExpressionParser(tokens, depth: depth, line: fragment.line)
        let name = try parser.anyName()
        if ends.contains(name) {
          endName = name
          return (result, parser)
        }
        try statement(name, &parser, fragment.line, into: &result)
      }
    }
    guard ends.isEmpty else {
      throw ChatTemplateError(
        .syntax, "a block is not closed by \(ends.sorted().joined(separator: " or "))", line: start)
    }
    return (result, nil)
  }

  /// Statements up to an end tag without anything after its name.
  mutating func body(upTo end: String) throws(ChatTemplateError) -> [Statement] {
    let (statements, parser) = try body(until: [end])
    try parser?.expectEnd()
    return statements
  }

  /// Whether the fragments from an index on, up to the present place, use a name.
  func uses(_ name: String, since start: Int) -> Bool {
    fragments[start..<at].contains { fragment in
      switch fragment.content {
      case .text: false
      case .output(let tokens), .tag(let tokens): tokens.contains(.name(name))
      }
    }
  }

  /// The index of the next fragment.
  var place: Int { at }

  private mutating func statement(
    _ name: String, _ parser: inout ExpressionParser, _ line: Int, into result: inout [Statement]
  ) throws(ChatTemplateError) {
    switch name {
    case "if": result.append(try choice(&parser, line))
    case "for": result.append(try loop(&parser, line))
    case "set": result.append(try assignment(&parser, line))
    case "macro": result.append(.macro(try macro(&parser, line)))
    case "call": result.append(try call(&parser, line))
    case "filter": result.append(try filtered(&parser, line))
    case "with": result.append(try with(&parser, line))
    case "block": result.append(try block(&parser, line))
    case "autoescape":
      let isOn = try parser.expression()
      try parser.expectEnd()
      result.append(.autoescape(isOn, try body(upTo: "endautoescape"), line: line))
    case "print":
      repeat { result.append(.output(try parser.expression(), line: line)) } while parser.takeSymbol(",")
      try parser.expectEnd()
    case "generation":
      // Marks the assistant's text for training; has no effect on rendering.
      try parser.expectEnd()
      result.append(.with([], try body(upTo: "endgeneration"), line: line))
    case "break", "continue":
      guard loopDepth > 0 else { throw parser.error("\"\(name)\" is outside a loop") }
      try parser.expectEnd()
      result.append(name == "break" ? .breakLoop : .continueLoop)
    case "include", "import", "from", "extends": result.append(.unavailable(name, line: line))
    default: throw parser.error("the tag \"\(name.prefix(64))\" is not allowed here")
    }
  }
}

/// A template's statements.
struct ParsedTemplate: Sendable {
  let body: [Statement]
  /// The bodies of `block` tags by name.
  let blocks: [String: [Statement]]
}
