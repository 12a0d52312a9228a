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
      let name = try anyName()
      return takeSymbol("(") ? .method(name, try arguments()) : .attribute(name)
    }
    if takeSymbol("[") { return try subscription() }
    if takeSymbol("(") { return .call(try arguments()) }
    if withFilters, takeSymbol("|") {
      let name = try anyName()
      return .filter(name, takeSymbol("(") ? try arguments() : [])
    }
    if withFilters, takeName("is") {
      let isNegated = takeName("not")
      let name = try anyName()
      return .test(name, try testArguments(), isNegated: isNegated)
    }
    return nil
  }

  /// `is divisibleby(3)` and `is divisibleby 3` are the same.
  private mutating func testArguments() throws(ChatTemplateError) -> [Argument] {
    if takeSymbol("(") { return try arguments() }
    switch peeked {
    case .name(let name) where ["and", "or", "not", "if", "else", "is", "in"].contains(name): return []
    case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
      let operand = try primary()
      let rest = try postfixes(withFilters: false)
      return [Argument(name: nil, value: rest.isEmpty ? operand : .postfix(operand, rest))]
    default: return []
    }
  }

  private mutating func arguments() throws(ChatTemplateError) -> [Argument] {
    var result: [Argument] = []
    while !takeSymbol(")") {
      if !result.isEmpty {
        try expectSymbol(",")
        if takeSymbol(")") { break }
      }
      if case .name(let name)? = peeked, at + 1 < tokens.count, tokens[at + 1] == .symbol("=") {
        at += 2
        result.append(Argument(name: name, value: try expression()))
      } else {
        result.append(Argument(name: nil, value: try expression()))
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
