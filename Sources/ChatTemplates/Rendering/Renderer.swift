/// Executes a template's statements and collects their output. One per rendering.
struct Renderer {
  var scopes: Scopes
  var context: RenderContext
  let blocks: [String: [Statement]]
  /// Statements, expressions and macros within each other at present.
  private var depth = 0

  private init(scopes: Scopes, context: RenderContext, blocks: [String: [Statement]]) {
    (self.scopes, self.context, self.blocks) = (scopes, context, blocks)
  }

  static func render(
    _ template: ParsedTemplate, _ variables: [String: TemplateValue], _ context: RenderContext
  ) throws(ChatTemplateError) -> TracedText {
    var renderer = Renderer(scopes: Scopes(variables), context: context, blocks: template.blocks)
    return try renderer.text(of: template.body)
  }

  /// Runs a part of the rendering one level deeper.
  /// - Throws: at a depth that could exhaust the stack.
  mutating func nested<Result>(
    _ body: (inout Renderer) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    guard depth < ChatTemplateLimits.renderingDepth else {
      throw ChatTemplateError(
        .limit, "the chat template's macros and blocks are nested more than \(ChatTemplateLimits.renderingDepth) deep")
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  /// Adds the line to an error, except to a refusal, whose text is the template's.
  mutating func at<Result>(
    _ line: Int, _ body: (inout Renderer) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    do {
      return try body(&self)
    } catch {
      throw error.kind == .refusedByTemplate || error.hasLine
        ? error : ChatTemplateError(error.kind, error.description, line: line)
    }
  }

  /// Evaluates an expression and adds the line to an error.
  mutating func evaluate(_ expression: Expression, line: Int) throws(ChatTemplateError) -> TemplateValue {
    try at(line) { (renderer) throws(ChatTemplateError) in try renderer.evaluate(expression) }
  }

  mutating func bind(_ target: Statement.Target, _ value: TemplateValue, line: Int) throws(ChatTemplateError) {
    try at(line) { (renderer) throws(ChatTemplateError) in
      try renderer.scopes.bind(target, value, &renderer.context.budget)
    }
  }

  /// What a body renders that no loop around it can leave, as a text of its own.
  mutating func text(of body: [Statement]) throws(ChatTemplateError) -> TracedText {
    var output = RenderedOutput()
    _ = try execute(body, into: &output)
    return output.text
  }

  mutating func execute(
    _ body: [Statement], into output: inout RenderedOutput
  ) throws(ChatTemplateError) -> StatementFlow {
    for statement in body {
      try context.budget.spend()
      let flow = try nested { (renderer) throws(ChatTemplateError) in try renderer.execute(statement, into: &output) }
      if flow != .next { return flow }
    }
    return .next
  }

  private mutating func execute(
    _ statement: Statement, into output: inout RenderedOutput
  ) throws(ChatTemplateError) -> StatementFlow {
    switch statement {
    case .text(let text): try output.append(text)
    case .output(let expression, let line):
      try output.append(
        try at(line) { (renderer) throws(ChatTemplateError) in
          try renderer.context.shown(try renderer.evaluate(expression))
        })
    case .assign(let target, let expression, let line):
      try bind(target, try evaluate(expression, line: line), line: line)
    case .capture(let target, let filters, let body, let line):
      return try capture(target, filters, body, line)
    case .choice(let branches, let otherwise, let line):
      for branch in branches where try evaluate(branch.condition, line: line).isTrue {
        return try execute(branch.body, into: &output)
      }
      return try execute(otherwise, into: &output)
    case .loop(let loop):
      try execute(loop, into: &output)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    case .macro(let macro):
      scopes[macro.name] = closure(macro)
    case .call(let callee, let arguments, let caller, let line):
      try output.append(
        try at(line) { (renderer) throws(ChatTemplateError) in
          var passed = try renderer.evaluate(arguments)
          passed.named.append(("caller", renderer.closure(caller)))
          return try renderer.context.shown(try renderer.call(try renderer.evaluate(callee), passed))
        })
    case .filtered(let filters, let body, let line):
      return try filter(filters, body, line, into: &output)
    case .with(let bindings, let body, let line):
      return try with(bindings, body, line, into: &output)
    case .block(let name, let isScoped, let line):
      try output.append(
        try at(line) { (renderer) throws(ChatTemplateError) in try renderer.block(name, isScoped: isScoped) })
    case .autoescape(let isOn, let body, let line):
      let isOn = try evaluate(isOn, line: line).isTrue
      let outer = context.autoescapes
      context.autoescapes = isOn
      defer { context.autoescapes = outer }
      return try with([], body, line, into: &output)
    case .unavailable(let tag, let line):
      throw ChatTemplateError(
        .unsupported, "the tag \"\(tag)\" is not supported, since a chat template has no others", line: line)
    }
    return .next
  }
}
