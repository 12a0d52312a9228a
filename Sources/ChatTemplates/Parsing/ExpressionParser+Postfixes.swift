/// Operations that follow an operand: attributes, subscripts, calls, filters and tests.
extension ExpressionParser {
  mutating func postfixes(withFilters: Bool) throws(ChatTemplateError) -> [Postfix] {
    var result: [Postfix] = []
    while let next = try postfix(withFilters: withFilters) { result.append(next) }
    return result
  }

  private mutating func postfix(withFilters: Bool) throws(ChatTemplateError) -> Postfix? {
    if takeSymbol(".") {
      if case .integer(let index)? = peeked {
        at += 1
        return .subscripted(.literal(.integer(index)))
      }
      return .attribute(try anyName())
    }
    if takeSymbol("[") { return try subscription() }
    if takeSymbol("(") { return .call(try arguments()) }
    if withFilters, takeSymbol("|") { return try filter() }
    if withFilters, takeName("is") {
      let isNegated = takeName("not")
      let name = try dottedName()
      return .test(name, try testArguments(), isNegated: isNegated)
    }
    return nil
  }

  /// The filters of a `filter` or `set` tag: `name | name(arguments)`.
  mutating func filterChain() throws(ChatTemplateError) -> [Postfix] {
    var result = [try filter()]
    while takeSymbol("|") { result.append(try filter()) }
    return result
  }

  private mutating func filter() throws(ChatTemplateError) -> Postfix {
    let name = try dottedName()
    return .filter(name, takeSymbol("(") ? try arguments() : [])
  }

  private mutating func dottedName() throws(ChatTemplateError) -> String {
    var name = try anyName()
    while takeSymbol(".") { name += "." + (try anyName()) }
    return name
  }

  /// `is divisibleby(3)` and `is divisibleby 3` are the same.
  private mutating func testArguments() throws(ChatTemplateError) -> [Argument] {
    if takeSymbol("(") { return try arguments() }
    switch peeked {
    case .name(let name) where ["and", "or", "not", "if", "else", "in"].contains(name): return []
    case .name("is"): throw error("tests cannot be chained with \"is\"")
    case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
      let operand = try primary()
      let rest = try postfixes(withFilters: false)
      return [Argument(form: .positional, value: rest.isEmpty ? operand : .postfix(operand, rest))]
    default: return []
    }
  }

  mutating func arguments() throws(ChatTemplateError) -> [Argument] {
    var result: [Argument] = []
    while !takeSymbol(")") {
      if !result.isEmpty {
        try expectSymbol(",")
        if takeSymbol(")") { break }
      }
      if case .name(let name)? = peeked, at + 1 < tokens.count, tokens[at + 1] == .symbol("=") {
        at += 2
        result.append(Argument(form: .named(name), value: try expression()))
      } else if takeSymbol("*") {
        result.append(Argument(form: .spread, value: try expression()))
      } else if takeSymbol("**") {
        result.append(Argument(form: .spreadNamed, value: try expression()))
      } else {
        result.append(Argument(form: .positional, value: try expression()))
      }
    }
    return result
  }

  private mutating func subscription() throws(ChatTemplateError) -> Postfix {
    var parts: [Expression?] = [nil]
    var isSlice = false
    while !takeSymbol("]") {
      if takeSymbol(":") {
        isSlice = true
        parts.append(nil)
      } else {
        guard parts[parts.count - 1] == nil else { throw error("a \"]\" is missing") }
        parts[parts.count - 1] = try expressionList()
      }
    }
    if isSlice, parts.count <= 3 { return .slice(parts[0], parts[1], parts.count == 3 ? parts[2] : nil) }
    guard let index = parts[0], !isSlice else { throw error("an index is missing between \"[\" and \"]\"") }
    return .subscripted(index)
  }
}
