/// Calls of functions, methods, macros, recursive loops and blocks.
extension Renderer {
  mutating func call(_ callee: TemplateValue, _ arguments: CallArguments) throws(ChatTemplateError) -> TemplateValue {
    switch callee {
    case .function(let name): return try FunctionLibrary.call(name, arguments, &context)
    case .method(let name, let receiver): return try MethodLibrary.call(name, of: receiver, arguments, &context)
    case .joiner(let joiner): return .text(joiner.next())
    case .macro(let closure):
      return try nested { (renderer) throws(ChatTemplateError) in try renderer.call(closure, arguments) }
    case .loop(let state): return try recurse(state, arguments)
    case .block(let name?):
      return .text(try block(name))
    default: throw ChatTemplateError(.evaluation, "\(callee.kindName) cannot be called")
    }
  }

  private mutating func call(
    _ closure: MacroClosure, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let variables = try closure.macro.variables(for: arguments)
    let autoescapes = context.autoescapes
    context.autoescapes = closure.autoescapes
    defer { context.autoescapes = autoescapes }
    var text = try render(closure.macro, variables, within: closure.scope)
    text.isMarkup = autoescapes
    return .text(text)
  }

  /// A macro that sees the variables of the present scope.
  mutating func closure(_ macro: Statement.Macro) -> TemplateValue {
    .macro(MacroClosure(macro: macro, scope: scopes.keep(), autoescapes: context.autoescapes))
  }

  private mutating func render(
    _ macro: Statement.Macro, _ variables: [String: TemplateValue], within scope: Int
  ) throws(ChatTemplateError) -> TracedText {
    let outer = scopes.open(within: scope, variables)
    defer { scopes.close(returningTo: outer) }
    for parameter in macro.parameters where variables[parameter.name] == nil {
      // A default may use the parameters before it.
      if let standard = parameter.value {
        scopes[parameter.name] = try evaluate(standard)
      } else {
        scopes[parameter.name] = .undefined(parameter.name)
      }
    }
    return try text(of: macro.body)
  }

  /// `loop(items)` renders a recursive loop again, over other items.
  private mutating func recurse(
    _ state: LoopState, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let (loop, scope) = state.recursion else {
      throw ChatTemplateError(.evaluation, "only a loop that is marked as recursive can be called")
    }
    guard arguments.positional.count == 1, arguments.named.isEmpty else {
      throw ChatTemplateError(.evaluation, "a recursive loop takes the items to visit")
    }
    let items = try arguments.positional[0].items(&context.budget)
    return try nested { (renderer) throws(ChatTemplateError) in
      let outer = renderer.scopes.open(within: scope)
      defer { renderer.scopes.close(returningTo: outer) }
      var output = RenderedOutput()
      try renderer.execute(loop, over: items, depth: state.depth + 1, into: &output)
      return renderer.context.value(of: output)
    }
  }
}
