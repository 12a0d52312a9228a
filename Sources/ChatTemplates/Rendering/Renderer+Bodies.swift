/// Statements with a body of their own: loops, captured and filtered text, local variables, blocks.
extension Renderer {
  mutating func execute(
    _ loop: Statement.Loop, into output: inout RenderedOutput
  ) throws(ChatTemplateError) {
    let items = try at(loop.line) { (renderer) throws(ChatTemplateError) in
      try renderer.evaluate(loop.items).items(&renderer.context.budget)
    }
    try execute(loop, over: items, depth: 0, into: &output)
  }

  /// - Parameter depth: how many loops of the same recursion are around this one.
  mutating func execute(
    _ loop: Statement.Loop, over all: [TemplateValue], depth: Int, into output: inout RenderedOutput
  ) throws(ChatTemplateError) {
    let items = try selected(all, loop)
    let state = LoopState(
      items: items, depth: depth, recursion: loop.isRecursive ? (loop, scopes.current) : nil)
    for (index, item) in items.enumerated() {
      try context.budget.spend()
      state.index = index
      let outer = scopes.open(["loop": .loop(state)])
      defer { scopes.close(returningTo: outer) }
      try bind(loop.target, item, line: loop.line)
      if try execute(loop.body, into: &output) == .breakLoop { break }
    }
    // As in Jinja, the `else` of a loop runs when the loop has no items.
    if items.isEmpty { _ = try execute(loop.otherwise, into: &output) }
  }

  /// The items of a loop that meet its condition.
  private mutating func selected(
    _ all: [TemplateValue], _ loop: Statement.Loop
  ) throws(ChatTemplateError) -> [TemplateValue] {
    guard let condition = loop.condition else { return all }
    var selected: [TemplateValue] = []
    for item in all {
      let outer = scopes.open()
      defer { scopes.close(returningTo: outer) }
      try bind(loop.target, item, line: loop.line)
      if try evaluate(condition, line: loop.line).isTrue { selected.append(item) }
    }
    return selected
  }

  mutating func capture(
    _ target: Statement.Target, _ filters: [Postfix], _ body: [Statement], _ line: Int
  ) throws(ChatTemplateError) -> StatementFlow {
    let (flow, value) = try filtered(filters, body, line)
    if flow == .next { try bind(target, value, line: line) }
    return flow
  }

  mutating func filter(
    _ filters: [Postfix], _ body: [Statement], _ line: Int, into output: inout RenderedOutput
  ) throws(ChatTemplateError) -> StatementFlow {
    let outer = scopes.open()
    defer { scopes.close(returningTo: outer) }
    let (flow, value) = try filtered(filters, body, line)
    if flow == .next { try output.append(try value.printed(&context.budget)) }
    return flow
  }

  /// What a body renders, after filters; undefined where the body leaves a loop around it.
  private mutating func filtered(
    _ filters: [Postfix], _ body: [Statement], _ line: Int
  ) throws(ChatTemplateError) -> (StatementFlow, TemplateValue) {
    var captured = RenderedOutput()
    let flow = try execute(body, into: &captured)
    guard flow == .next else { return (flow, .undefined("a body")) }
    return try at(line) { (renderer) throws(ChatTemplateError) in
      (.next, try renderer.apply(filters, to: renderer.context.value(of: captured)))
    }
  }

  mutating func with(
    _ bindings: [(target: Statement.Target, value: Expression)], _ body: [Statement], _ line: Int,
    into output: inout RenderedOutput
  ) throws(ChatTemplateError) -> StatementFlow {
    // Values see the variables around the tag, not each other.
    var values: [TemplateValue] = []
    for binding in bindings { values.append(try evaluate(binding.value, line: line)) }
    let outer = scopes.open()
    defer { scopes.close(returningTo: outer) }
    for (binding, value) in zip(bindings, values) { try bind(binding.target, value, line: line) }
    return try execute(body, into: &output)
  }

  /// - Parameter isScoped: whether the block sees the variables of the loops around it.
  mutating func block(_ name: String, isScoped: Bool = false) throws(ChatTemplateError) -> TracedText {
    guard let body = blocks[name] else {
      throw ChatTemplateError(.evaluation, "there is no block \"\(name.prefix(64))\"")
    }
    let outer = scopes.open(within: isScoped ? nil : Scopes.outermost)
    defer { scopes.close(returningTo: outer) }
    return try nested { (renderer) throws(ChatTemplateError) in try renderer.text(of: body) }
  }
}
