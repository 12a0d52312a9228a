/// Evaluates expressions over the variables in scope, within the step budget of one rendering.
struct ExpressionEvaluator {
  var scopes: Scopes
  var budget = StepBudget()
  private let date: TemplateDate

  /// - Parameter date: what `strftime_now` formats.
  init(scopes: Scopes, date: TemplateDate) {
    self.scopes = scopes
    self.date = date
  }

  mutating func evaluate(_ expression: Expression) throws(ChatTemplateError) -> TemplateValue {
    try budget.spend()
    switch expression {
    case .literal(let literal): return TemplateValue(literal)
    case .name(let name): return value(of: name)
    case .list(let expressions):
      var items: [TemplateValue] = []
      for expression in expressions { items.append(try evaluate(expression)) }
      return .list(try TemplateList(items))
    case .mapping(let entries): return try mapping(entries)
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .negative(let operand): return try Arithmetic.negative(try evaluate(operand))
    case .chain(let first, let rest):
      var value = try evaluate(first)
      for (symbol, operand) in rest {
        value = try Arithmetic.combine(value, symbol, try evaluate(operand), &budget)
      }
      return value
    case .comparison(let first, let rest):
      var left = try evaluate(first)
      for (symbol, operand) in rest {
        let right = try evaluate(operand)
        guard try Comparison.holds(left, symbol, right, &budget) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .all(let operands): return try decidingOperand(of: operands, isTrue: false)
    case .any(let operands): return try decidingOperand(of: operands, isTrue: true)
    case .choice(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      guard let otherwise else { return .undefined("else") }
      return try evaluate(otherwise)
    case .postfix(let operand, let rest): return try evaluate(operand, rest)
    }
  }

  /// Evaluates an expression and adds the line to an error.
  mutating func evaluate(_ expression: Expression, line: Int) throws(ChatTemplateError) -> TemplateValue {
    try at(line) { (evaluator) throws(ChatTemplateError) in try evaluator.evaluate(expression) }
  }

  /// Adds the line to an error, except to a refusal, whose text is the template's.
  mutating func at<Result>(
    _ line: Int, _ body: (inout ExpressionEvaluator) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    do {
      return try body(&self)
    } catch {
      throw error.kind == .refusedByTemplate
        ? error : ChatTemplateError(error.kind, error.description, line: line)
    }
  }

  /// The variable of a name, or else the function of that name.
  private func value(of name: String) -> TemplateValue {
    scopes[name] ?? (FunctionLibrary.functions[name] == nil ? .undefined(name) : .function(name))
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

  private mutating func mapping(
    _ entries: [(key: Expression, value: Expression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var made: [(key: String, value: TemplateValue)] = []
    for entry in entries {
      guard case .text(let key) = try evaluate(entry.key) else {
        throw ChatTemplateError(.unsupported, "mapping keys must be strings")
      }
      made.append((key.string, try evaluate(entry.value)))
    }
    return .mapping(try TemplateMapping(made))
  }

  // MARK: Postfixes

  private mutating func evaluate(
    _ operand: Expression, _ postfixes: [Postfix]
  ) throws(ChatTemplateError) -> TemplateValue {
    var rest = postfixes[...]
    var value: TemplateValue
    if case .name(let name) = operand, case .call(let arguments)? = rest.first {
      value = try FunctionLibrary.call(name, try evaluate(arguments), date, &budget)
      rest.removeFirst()
    } else {
      value = try evaluate(operand)
    }
    for postfix in rest {
      try budget.spend()
      value = try apply(postfix, to: value)
    }
    return value
  }

  private mutating func apply(
    _ postfix: Postfix, to value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    switch postfix {
    case .attribute(let name): return try value.attribute(name)
    case .subscripted(let index): return try value.element(try evaluate(index))
    case .slice(let start, let end, let step):
      let bounds = (try bound(start), try bound(end), try bound(step))
      return try value.slice(bounds, &budget)
    case .call: throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be called")
    case .method(let name, let arguments):
      return try MethodLibrary.call(name, of: value, try evaluate(arguments), &budget)
    case .filter(let name, let arguments):
      return try FilterLibrary.apply(name, to: value, try evaluate(arguments), &budget)
    case .test(let name, let arguments, let isNegated):
      return .bool(try TestLibrary.holds(name, value, try evaluate(arguments), &budget) != isNegated)
    }
  }

  private mutating func evaluate(_ arguments: [Argument]) throws(ChatTemplateError) -> CallArguments {
    var result = CallArguments()
    for argument in arguments {
      let value = try evaluate(argument.value)
      if let name = argument.name {
        result.named.append((name, value))
      } else {
        result.positional.append(value)
      }
    }
    return result
  }

  /// A bound of a slice; nil when it is absent or `none`.
  private mutating func bound(_ expression: Expression?) throws(ChatTemplateError) -> Int? {
    guard let expression else { return nil }
    switch try evaluate(expression) {
    case .integer(let value): return value
    case .none: return nil
    case let value: throw ChatTemplateError(.evaluation, "a slice is bounded by \(value.kindName)")
    }
  }
}
