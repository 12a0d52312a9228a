/// Conditions, loops and assignments.
extension StatementParser {
  mutating func choice(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    var branches: [(condition: Expression, body: [Statement])] = []
    var condition = try parser.expressionList(allowingChoice: false)
    try parser.expectEnd()
    while true {
      let (body, end) = try body(until: ["elif", "else", "endif"])
      branches.append((condition, body))
      if endName == "elif", var end {
        condition = try end.expressionList(allowingChoice: false)
        try end.expectEnd()
      } else {
        try end?.expectEnd()
        let otherwise = endName == "else" ? try self.body(upTo: "endif") : []
        return .choice(branches, otherwise: otherwise, line: line)
      }
    }
  }

  mutating func loop(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    let target = try parser.target()
    guard parser.takeName("in") else { throw parser.error("a \"for\" lacks its \"in\"") }
    let items = try parser.expressionList(allowingChoice: false)
    let condition = parser.takeName("if") ? try parser.expression() : nil
    let isRecursive = parser.takeName("recursive")
    try parser.expectEnd()
    loopDepth += 1
    let (body, end) = try body(until: ["else", "endfor"])
    try end?.expectEnd()
    loopDepth -= 1
    let otherwise = endName == "else" ? try self.body(upTo: "endfor") : []
    return .loop(
      Statement.Loop(
        target: target, items: items, condition: condition, body: body, otherwise: otherwise,
        isRecursive: isRecursive, line: line))
  }

  mutating func assignment(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    let target = try parser.target(allowingAttributes: true)
    if parser.takeSymbol("=") {
      let value = try parser.expressionList()
      try parser.expectEnd()
      return .assign(target, value, line: line)
    }
    let filters = parser.takeSymbol("|") ? try parser.filterChain() : []
    try parser.expectEnd()
    return .capture(target, filters: filters, try body(upTo: "endset"), line: line)
  }

  mutating func with(
    _ parser: inout ExpressionParser, _ line: Int
  ) throws(ChatTemplateError) -> Statement {
    var bindings: [(target: Statement.Target, value: Expression)] = []
    while !parser.isAtEnd {
      if !bindings.isEmpty { try parser.expectSymbol(",") }
      let target = try parser.target(single: true)
      try parser.expectSymbol("=")
      bindings.append((target, try parser.expression()))
    }
    return .with(bindings, try body(upTo: "endwith"), line: line)
  }
}

extension ExpressionParser {
  /// Names to bind, separated by commas and grouped by brackets.
  /// - Parameters:
  ///   - allowingAttributes: whether `name.attribute` may be bound.
  ///   - single: whether a comma ends the target.
  mutating func target(
    allowingAttributes: Bool = false, single: Bool = false
  ) throws(ChatTemplateError) -> Statement.Target {
    try nested { (parser) throws(ChatTemplateError) in
      var targets: [Statement.Target] = []
      var isTuple = false
      repeat {
        if isTuple, parser.isAtEnd || parser.peeked == .symbol("=") || parser.peeked == .symbol(")") { break }
        targets.append(try parser.targetItem(allowingAttributes))
        if parser.peeked == .symbol(","), !single { isTuple = true }
      } while !single && parser.takeSymbol(",")
      return isTuple ? .tuple(targets) : targets[0]
    }
  }

  private mutating func targetItem(_ allowingAttributes: Bool) throws(ChatTemplateError) -> Statement.Target {
    if takeSymbol("(") {
      let inner = try target(allowingAttributes: allowingAttributes)
      try expectSymbol(")")
      return inner
    }
    let name = try anyName()
    guard !ExpressionParser.isConstant(name) else { throw error("\"\(name)\" cannot be assigned to") }
    if allowingAttributes, takeSymbol(".") { return .attribute(try anyName(), of: name) }
    return .name(name)
  }
}
