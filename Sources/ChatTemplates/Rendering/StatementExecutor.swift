/// Executes a template's statements and collects their output. One per rendering.
struct StatementExecutor {
  private var evaluator: ExpressionEvaluator

  init(variables: [String: TemplateValue], date: TemplateDate) {
    evaluator = ExpressionEvaluator(scopes: Scopes(variables), date: date)
  }

  /// What a body's last statement asks the enclosing loop to do.
  private enum Flow {
    case next, breakLoop, continueLoop
  }

  mutating func render(_ body: [Statement]) throws(ChatTemplateError) -> TracedText {
    var output = RenderedOutput()
    _ = try execute(body, into: &output)
    return output.text
  }

  private mutating func execute(
    _ body: [Statement], into output: inout RenderedOutput
  ) throws(ChatTemplateError) -> Flow {
    for statement in body {
      try evaluator.budget.spend()
      switch statement {
      case .text(let text): try output.append(text)
      case .output(let expression, let line):
        try output.append(
          try evaluator.at(line) { (evaluator) throws(ChatTemplateError) in
            try evaluator.evaluate(expression).printed(&evaluator.budget)
          })
      case .assign(let names, let expression, let line):
        try bind(names, try evaluator.evaluate(expression, line: line), line)
      case .assignAttribute(let name, let attribute, let expression, let line):
        try assign(try evaluator.evaluate(expression, line: line), to: attribute, of: name, line)
      case .capture(let name, let body):
        var captured = RenderedOutput()
        let flow = try execute(body, into: &captured)
        evaluator.scopes[name] = .text(captured.text)
        if flow != .next { return flow }
      case .choice(let branches, let otherwise, let line):
        let flow = try execute(try chosen(branches, otherwise, line), into: &output)
        if flow != .next { return flow }
      case .loop(let loop): try execute(loop, into: &output)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
    }
    return .next
  }

  private mutating func chosen(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement], _ line: Int
  ) throws(ChatTemplateError) -> [Statement] {
    for branch in branches where try evaluator.evaluate(branch.condition, line: line).isTrue { return branch.body }
    return otherwise
  }

  private mutating func execute(
    _ loop: Statement.Loop, into output: inout RenderedOutput
  ) throws(ChatTemplateError) {
    let items = try selectedItems(loop)
    for (index, item) in items.enumerated() {
      try evaluator.budget.spend()
      evaluator.scopes.open(["loop": .loop(LoopState(items: items, index: index))])
      defer { evaluator.scopes.close() }
      try bind(loop.names, item, loop.line)
      if try execute(loop.body, into: &output) == .breakLoop { break }
    }
    // As in Jinja, the `else` of a loop runs when the loop has no items.
    if items.isEmpty { _ = try execute(loop.otherwise, into: &output) }
  }

  /// The items of a loop that meet its condition.
  private mutating func selectedItems(_ loop: Statement.Loop) throws(ChatTemplateError) -> [TemplateValue] {
    let all = try evaluator.at(loop.line) { (evaluator) throws(ChatTemplateError) in
      try evaluator.evaluate(loop.items).items(&evaluator.budget)
    }
    guard let condition = loop.condition else { return all }
    var selected: [TemplateValue] = []
    for item in all {
      evaluator.scopes.open()
      defer { evaluator.scopes.close() }
      try bind(loop.names, item, loop.line)
      if try evaluator.evaluate(condition, line: loop.line).isTrue { selected.append(item) }
    }
    return selected
  }

  private mutating func bind(_ names: [String], _ value: TemplateValue, _ line: Int) throws(ChatTemplateError) {
    if names.count == 1 {
      evaluator.scopes[names[0]] = value
      return
    }
    let values = try evaluator.at(line) { (evaluator) throws(ChatTemplateError) in
      try value.items(&evaluator.budget)
    }
    guard values.count == names.count else {
      throw ChatTemplateError(.evaluation, "\(values.count) values are assigned to \(names.count) names", line: line)
    }
    for (name, value) in zip(names, values) { evaluator.scopes[name] = value }
  }

  private func assign(
    _ value: TemplateValue, to attribute: String, of name: String, _ line: Int
  ) throws(ChatTemplateError) {
    guard case .namespace(let namespace)? = evaluator.scopes[name] else {
      throw ChatTemplateError(
        .evaluation, "\"\(name)\" is not a namespace, so its attributes cannot be set", line: line)
    }
    // The list refuses values that could come to contain themselves.
    _ = try TemplateList([value])
    namespace.values[attribute] = value
  }
}
