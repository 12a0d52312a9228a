/// The variables of a rendering: one scope for the template and one for each loop, macro and block around the current
/// statement. Scopes are numbered, so that a macro can name the one it was defined in without holding it.
struct Scopes {
  private struct Scope {
    var variables: [String: TemplateValue]
    let parent: Int?
    /// Whether a macro was defined in it or in a scope within it: then it outlives its statement.
    var isKept = false
  }

  private var scopes: [Scope]
  private(set) var current = 0

  init(_ variables: [String: TemplateValue]) { scopes = [Scope(variables: variables, parent: nil)] }

  static let outermost = 0

  /// Reads the innermost variable of a name; sets it in the innermost scope.
  subscript(name: String) -> TemplateValue? {
    get {
      var next: Int? = current
      while let at = next {
        if let value = scopes[at].variables[name] { return value }
        next = scopes[at].parent
      }
      return nil
    }
    set { scopes[current].variables[name] = newValue }
  }

  /// The variable of a name, or else the function of that name.
  func value(named name: String) -> TemplateValue {
    if let value = self[name] { return value }
    if name == "self" { return .block(nil) }
    return FunctionLibrary.functions[name] == nil ? .undefined(name) : .function(name)
  }

  /// Opens a scope within another, the current one unless stated.
  /// - Returns: the scope that was current, for `close`.
  mutating func open(within parent: Int? = nil, _ variables: [String: TemplateValue] = [:]) -> Int {
    let previous = current
    scopes.append(Scope(variables: variables, parent: parent ?? current))
    current = scopes.count - 1
    return previous
  }

  mutating func close(returningTo previous: Int) {
    precondition(current != Self.outermost, "a scope is closed that was not opened")
    if current == scopes.count - 1, !scopes[current].isKept { scopes.removeLast() }
    current = previous
  }

  /// Keeps the current scope and those around it for a macro.
  mutating func keep() -> Int {
    var next: Int? = current
    while let at = next, !scopes[at].isKept {
      scopes[at].isKept = true
      next = scopes[at].parent
    }
    return current
  }

  /// Assigns a value in the innermost scope.
  mutating func bind(
    _ target: Statement.Target, _ value: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) {
    switch target {
    case .name(let name): self[name] = value
    case .attribute(let attribute, let name):
      guard case .namespace(let namespace)? = self[name] else {
        throw ChatTemplateError(
          .evaluation, "\"\(name.prefix(64))\" is not a namespace, so its attributes cannot be set")
      }
      try namespace.set(attribute, value)
    case .tuple(let targets):
      let values = try value.items(&budget)
      guard values.count == targets.count else {
        throw ChatTemplateError(.evaluation, "\(values.count) values are assigned to \(targets.count) names")
      }
      for (target, value) in zip(targets, values) { try bind(target, value, &budget) }
    }
  }
}
