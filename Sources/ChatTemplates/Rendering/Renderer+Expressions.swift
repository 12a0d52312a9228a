/// Evaluation of expressions over the variables in scope.
extension Renderer {
  mutating func evaluate(_ expression: Expression) throws(ChatTemplateError) -> TemplateValue {
    try context.budget.spend()
    return try nested { (renderer) throws(ChatTemplateError) in try renderer.value(of: expression) }
  }

  private mutating func value(of expression: Expression) throws(ChatTemplateError) -> TemplateValue {
    switch expression {
    case .literal(let literal): return TemplateValue(literal)
    case .name(let name): return scopes.value(named: name)
    case .list(let expressions): return .list(try TemplateList(try evaluate(expressions)))
    case .tuple(let expressions): return try .tuple(try evaluate(expressions))
    case .mapping(let entries):
      var made: [TemplateMapping.Entry] = []
      for entry in entries { made.append((try evaluate(entry.key), try evaluate(entry.value))) }
      return .mapping(try TemplateMapping(made))
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .sign(let isNegative, let operand):
      return try Arithmetic.signed(try evaluate(operand), isNegative: isNegative)
    case .chain(let first, let rest):
      var value = try evaluate(first)
      for (symbol, operand) in rest {
        value = try Arithmetic.combine(value, symbol, try evaluate(operand), &context)
      }
      return value
    case .comparison(let first, let rest):
      var left = try evaluate(first)
      for (symbol, operand) in rest {
        let right = try evaluate(operand)
        guard try Comparison.holds(left, symbol, right, &context.budget) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .all(let operands): return try decidingOperand(of: operands, isTrue: false)
    case .any(let operands): return try decidingOperand(of: operands, isTrue: true)
    case .choice(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      guard let otherwise else { return .undefined("else") }
      return try evaluate(otherwise)
    case .postfix(let operand, let rest): return try apply(rest, to: try evaluate(operand))
    }
  }

  private mutating func evaluate(_ expressions: [Expression]) throws(ChatTemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  /// `and` and `or` give the operand that decides.
  private mutating func decidingOperand(
    of operands: [Expression], isTrue deciding: Bool
  ) throws(ChatTemplateError) -> TemplateValue {
    var value = TemplateValue.none
    for operand in operands {
      value = try evaluate(operand)
      if value.isTrue == deciding { break }
    }
    return value
  }

  // MARK: Postfixes

  mutating func apply(
    _ postfixes: [Postfix], to operand: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    var value = operand
    for postfix in postfixes {
      try context.budget.spend()
      value = try apply(postfix, to: value)
    }
    return value
  }

  private mutating func apply(
    _ postfix: Postfix, to value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    switch postfix {
    case .attribute(let name):
      if case .block(nil) = value { return blocks[name] == nil ? .undefined(name) : .block(name) }
      return try value.attribute(name)
    case .subscripted(let index): return try value.element(try evaluate(index))
    case .slice(let start, let end, let step):
      var bounds: [Int?] = []
      for bound in [start, end, step] {
        if let bound { bounds.append(try evaluate(bound).sliceBound()) } else { bounds.append(nil) }
      }
      return try value.slice((bounds[0], bounds[1], bounds[2]), &context.budget)
    case .call(let arguments): return try call(value, try evaluate(arguments))
    case .filter(let name, let arguments):
      return try FilterLibrary.apply(name, to: value, try evaluate(arguments), &context)
    case .test(let name, let arguments, let isNegated):
      return .bool(try TestLibrary.holds(name, value, try evaluate(arguments), &context) != isNegated)
    }
  }

  mutating func evaluate(_ arguments: [Argument]) throws(ChatTemplateError) -> CallArguments {
    var result = CallArguments()
    for argument in arguments {
      let value = try evaluate(argument.value)
      switch argument.form {
      case .positional: result.positional.append(value)
      case .named(let name): result.named.append((name, value))
      case .spread: result.positional += try value.items(&context.budget)
      case .spreadNamed: try result.append(entriesOf: value)
      }
    }
    return result
  }
}
