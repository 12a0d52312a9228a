/// Macros and what else renders a body of its own: calls, filtered text, blocks.
extension StatementParser {
  mutating func macro(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement.Macro {
    let name = try parser.anyName()
    try parser.expectSymbol("(")
    let parameters = try parser.parameters()
    try parser.expectEnd()
    return try macro(name, parameters, line, endTag: "endmacro")
  }

  private mutating func macro(
    _ name: String, _ parameters: [(name: String, value: Expression?)], _ line: Int, endTag: String
  ) throws(ChatTemplateError) -> Statement.Macro {
    let start = place
    let outerLoops = loopDepth
    loopDepth = 0
    let body = try body(upTo: endTag)
    loopDepth = outerLoops
    return Statement.Macro(
      name: name, parameters: parameters, body: body, takesVarargs: uses("varargs", since: start),
      takesKwargs: uses("kwargs", since: start), takesCaller: uses("caller", since: start), line: line)
  }

  mutating func call(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    let parameters = parser.takeSymbol("(") ? try parser.parameters() : []
    let expression = try parser.expression()
    try parser.expectEnd()
    guard case .postfix(let operand, let rest) = expression, case .call(let arguments)? = rest.last else {
      throw parser.error("a \"call\" tag lacks its call")
    }
    return .call(
      .postfix(operand, rest.dropLast()), arguments, caller: try macro("caller", parameters, line, endTag: "endcall"),
      line: line)
  }

  mutating func filtered(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    let filters = try parser.filterChain()
    try parser.expectEnd()
    return .filtered(filters, try body(upTo: "endfilter"), line: line)
  }

  mutating func block(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    let name = try parser.anyName()
    let isScoped = parser.takeName("scoped")
    if parser.takeName("required") {
      throw ChatTemplateError(.unsupported, "required blocks are not supported", line: line)
    }
    try parser.expectEnd()
    guard blocks[name] == nil else { throw parser.error("the block \"\(name.prefix(64))\" is defined twice") }
    blocks[name] = []
    let outerLoops = loopDepth
    loopDepth = 0
    let (body, end) = try body(until: ["endblock"])
    loopDepth = outerLoops
    if var end {
      _ = end.takeName(name)
      try end.expectEnd()
    }
    blocks[name] = body
    return .block(name, isScoped: isScoped, line: line)
  }
}

extension ExpressionParser {
  /// Parameters of a macro with their defaults, through the closing bracket.
  mutating func parameters() throws(ChatTemplateError) -> [(name: String, value: Expression?)] {
    var result: [(name: String, value: Expression?)] = []
    while !takeSymbol(")") {
      if !result.isEmpty { try expectSymbol(",") }
      let name = try anyName()
      let value = takeSymbol("=") ? try expression() : nil
      guard value != nil || result.last?.value == nil else {
        throw error("a parameter without a default follows one that has it")
      }
      result.append((name, value))
    }
    return result
  }
}
