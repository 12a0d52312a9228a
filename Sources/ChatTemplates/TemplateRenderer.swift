/// Walks a template's statements. One a rendering; knows nothing but the values it was given.
struct TemplateRenderer {
  var budget = StepBudget()
  /// Innermost last.
  private var scopes: [[String: TemplateValue]]

  init(variables: [String: TemplateValue]) { scopes = [variables] }

  /// What a body's last statement asks the loop around it to do.
  private enum Flow {
    case next, breakLoop, continueLoop
  }

  mutating func render(_ body: [Statement]) throws(ChatTemplateError) -> TracedText {
    var output = RenderedOutput()
    _ = try run(body, into: &output)
    return output.text
  }

  func variable(_ name: String) -> TemplateValue? {
    for scope in scopes.reversed() { if let value = scope[name] { return value } }
    return nil
  }

  private mutating func run(_ body: [Statement], into output: inout RenderedOutput) throws(ChatTemplateError)
    -> Flow
  {
    for statement in body {
      try budget.spend()
      switch statement {
      case .text(let text): try output.append(text)
      case .output(let expression, let line):
        try output.append(
          try at(line) { (renderer) throws(ChatTemplateError) in
            let value = try renderer.evaluate(expression)
            return try renderer.printed(value)
          })
      case .assign(let names, let expression, let line):
        let value = try evaluate(expression, line)
        try bind(names, value, line)
      case .assignAttribute(let name, let attribute, let expression, let line):
        let value = try evaluate(expression, line)
        try assign(value, name, attribute, line)
      case .capture(let name, let body):
        var captured = RenderedOutput()
        let flow = try run(body, into: &captured)
        scopes[scopes.count - 1][name] = .text(captured.text)
        if flow != .next { return flow }
      case .choice(let branches, let otherwise, let line):
        let flow = try run(try taken(branches, otherwise, line), into: &output)
        if flow != .next { return flow }
      case .loop(let loop): try run(loop, into: &output)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
    }
    return .next
  }

  private mutating func taken(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement], _ line: Int
  ) throws(ChatTemplateError) -> [Statement] {
    for branch in branches where try evaluate(branch.condition, line).isTrue { return branch.body }
    return otherwise
  }

  private mutating func run(_ loop: Statement.Loop, into output: inout RenderedOutput)
    throws(ChatTemplateError)
  {
    let all = try at(loop.line) { (renderer) throws(ChatTemplateError) in
      try renderer.items(of: try renderer.evaluate(loop.items))
    }
    var items = all
    if let condition = loop.condition {
      items = []
      for item in all {
        scopes.append([:])
        defer { scopes.removeLast() }
        try bind(loop.names, item, loop.line)
        if try evaluate(condition, loop.line).isTrue { items.append(item) }
      }
    }
    for (index, item) in items.enumerated() {
      try budget.spend()
      scopes.append(["loop": .loop(LoopState(items: items, index: index))])
      defer { scopes.removeLast() }
      try bind(loop.names, item, loop.line)
      if try run(loop.body, into: &output) == .breakLoop { break }
    }
    // As in Jinja: what follows `else` is for loops without a single item.
    if items.isEmpty { _ = try run(loop.otherwise, into: &output) }
  }

  private mutating func bind(_ names: [String], _ value: TemplateValue, _ line: Int) throws(ChatTemplateError) {
    if names.count == 1 {
      scopes[scopes.count - 1][names[0]] = value
      return
    }
    let values = try at(line) { (renderer) throws(ChatTemplateError) in try renderer.items(of: value) }
    guard values.count == names.count else {
      throw ChatTemplateError(
        .evaluation, "\(values.count) values are given to \(names.count) names", line: line)
    }
    for (name, value) in zip(names, values) { scopes[scopes.count - 1][name] = value }
  }

  private func assign(
    _ value: TemplateValue, _ name: String, _ attribute: String, _ line: Int
  ) throws(ChatTemplateError) {
    guard case .namespace(let namespace)? = variable(name) else {
      throw ChatTemplateError(
        .evaluation, "\"\(name)\" is no namespace, so nothing in it can be set", line: line)
    }
    // The check that nothing contains itself is the list's.
    _ = try TemplateList([value])
    namespace.values[attribute] = value
  }

  private mutating func evaluate(_ expression: Expression, _ line: Int) throws(ChatTemplateError)
    -> TemplateValue
  {
    try at(line) { (renderer) throws(ChatTemplateError) in try renderer.evaluate(expression) }
  }

  /// Adds the line to an error.
  private mutating func at<Result>(
    _ line: Int, _ body: (inout TemplateRenderer) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    do {
      return try body(&self)
    } catch {
      throw error.kind == .refusedByTemplate
        ? error : ChatTemplateError(error.kind, error.description, line: line)
    }
  }
}

/// A rendering in the making, with its limit.
struct RenderedOutput {
  private(set) var text = TracedText()
  private var byteCount = 0

  mutating func append(_ more: TracedText) throws(ChatTemplateError) {
    byteCount += more.byteCount
    guard byteCount <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit,
        "the rendered chat is longer than \(ChatTemplateLimits.outputByteCount) bytes; send shorter messages")
    }
    text.units.append(contentsOf: more.units)
  }
}
