/// Parses fragments into statements.
struct StatementParser {
  private let fragments: [TemplateFragment]
  private var at = 0
  private var depth = 0
  private var loopDepth = 0

  static func parse(_ source: String) throws(ChatTemplateError) -> [Statement] {
    var parser = StatementParser(fragments: try TemplateLexer.fragments(of: source))
    let (body, end) = try parser.body(until: [])
    precondition(end == nil, "a body without end tags extends to the end of the source")
    return body
  }

  private init(fragments: [TemplateFragment]) { self.fragments = fragments }

  /// Statements up to a tag with one of the names, or to the end of the source when there are no names.
  private mutating func body(
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

  /// The tag that ended the last body.
  private var endName = ""

  private mutating func statement(
    _ name: String, _ parser: inout ExpressionParser, _ line: Int, into result: inout [Statement]
  ) throws(ChatTemplateError) {
    switch name {
    case "if": result.append(try choice(&parser, line))
    case "for": result.append(try loop(&parser, line))
    case "set": result.append(try assignment(&parser, line))
    case "generation":
      // Marks the assistant's text for training; has no effect on rendering.
      result.append(contentsOf: try body(until: ["endgeneration"]).0)
    case "break", "continue":
      guard loopDepth > 0 else { throw parser.error("\"\(name)\" is outside a loop") }
      result.append(name == "break" ? .breakLoop : .continueLoop)
    case "macro":
      // Templates use macros for tools mostly. They are parsed and dropped, and a call of one is an error.
      _ = try body(until: ["endmacro"])
    case "call", "include", "import", "from", "extends", "block", "raw", "filter", "with", "autoescape", "do":
      throw ChatTemplateError(
        .unsupported, "the tag \"\(name)\" is not supported; use a template without it", line: line)
    default: throw parser.error("the tag \"\(name.prefix(64))\" is not allowed here")
    }
    if name == "break" || name == "continue" { try parser.expectEnd() }
  }

  private mutating func choice(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    var branches: [(condition: Expression, body: [Statement])] = []
    var condition = try parser.expression()
    try parser.expectEnd()
    while true {
      let (body, end) = try body(until: ["elif", "else", "endif"])
      branches.append((condition, body))
      if endName == "elif", var end {
        condition = try end.expression()
        try end.expectEnd()
      } else if endName == "else" {
        return .choice(branches, otherwise: try self.body(until: ["endif"]).0, line: line)
      } else {
        return .choice(branches, otherwise: [], line: line)
      }
    }
  }

  private mutating func loop(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    var names: [String] = []
    let isBracketed = parser.takeSymbol("(")
    repeat { names.append(try parser.anyName()) } while parser.takeSymbol(",")
    if isBracketed { try parser.expectSymbol(")") }
    guard parser.takeName("in") else { throw parser.error("a \"for\" lacks its \"in\"") }
    let items = try parser.expressionList(allowingChoice: false)
    let condition = parser.takeName("if") ? try parser.expression() : nil
    if parser.takeName("recursive") {
      throw ChatTemplateError(.unsupported, "recursive loops are not supported", line: line)
    }
    try parser.expectEnd()
    loopDepth += 1
    let body = try body(until: ["else", "endfor"]).0
    loopDepth -= 1
    let otherwise = endName == "else" ? try self.body(until: ["endfor"]).0 : []
    return .loop(
      Statement.Loop(
        names: names, items: items, condition: condition, body: body, otherwise: otherwise, line: line))
  }

  private mutating func assignment(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    var names = [try parser.anyName()]
    if parser.takeSymbol(".") {
      let attribute = try parser.anyName()
      try parser.expectSymbol("=")
      let value = try parser.expressionList()
      try parser.expectEnd()
      return .assignAttribute(names[0], attribute, value, line: line)
    }
    while parser.takeSymbol(",") { names.append(try parser.anyName()) }
    if names.count == 1, parser.isAtEnd { return .capture(names[0], try body(until: ["endset"]).0) }
    try parser.expectSymbol("=")
    let value = try parser.expressionList()
    try parser.expectEnd()
    return .assign(names, value, line: line)
  }
}
