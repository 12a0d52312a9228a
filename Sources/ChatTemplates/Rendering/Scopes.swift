/// The variables of a rendering: one scope for the template and one for each loop around the current statement.
struct Scopes {
  /// Innermost last; never empty.
  private var scopes: [[String: TemplateValue]]

  init(_ variables: [String: TemplateValue]) { scopes = [variables] }

  /// Reads the innermost variable of a name; sets it in the innermost scope.
  subscript(name: String) -> TemplateValue? {
    get {
      for scope in scopes.reversed() { if let value = scope[name] { return value } }
      return nil
    }
    set { scopes[scopes.count - 1][name] = newValue }
  }

  mutating func open(_ variables: [String: TemplateValue] = [:]) { scopes.append(variables) }

  mutating func close() {
    precondition(scopes.count > 1, "a scope is closed that was not opened")
    scopes.removeLast()
  }
}
