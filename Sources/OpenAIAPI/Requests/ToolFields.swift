import JSON

/// The functions that a chat offers, and whether the model may call them.
struct ToolFields: Sendable {
  enum Choice: Hashable, Sendable {
    /// No calls: the functions are not shown to the model.
    case none
    /// The model decides.
    case auto
    /// Some function must be called.
    case required
    /// This one must be called.
    case named(String)
  }

  /// Empty when there are none, or none may be called.
  var declarations: [ToolDeclaration] = []
  /// As the template reads them, one a declaration.
  var descriptions: [JSONValue] = []
  var choice = Choice.none
  /// Whether an answer may have more than one call.
  var allowsSeveral = true

  init() {}

  init(_ fields: RequestFields) throws {
    allowsSeveral = try fields.flag("parallel_tool_calls") ?? true
    for tool in try fields.objects("tools", of: "tools", table: .tool) ?? [] {
      guard try tool.string("type") ?? "function" == "function" else { throw tool.invalid("type", "must be function") }
      guard let function = try tool.object("function", table: .function) else {
        throw tool.invalid("function", "is missing")
      }
      try add(function, description: .object(tool.members))
    }
    for function in try fields.objects("functions", of: "functions", table: .function) ?? [] {
      try add(function, description: ["type": "function", "function": .object(function.members)])
    }
    guard declarations.count <= RequestLimits.toolCount else {
      throw fields.invalid("tools", "may hold at most \(RequestLimits.toolCount) tools")
    }
    choice = try Self.choice(fields, declarations)
    if choice == .none || declarations.isEmpty { (declarations, descriptions, choice) = ([], [], .none) }
  }

  private mutating func add(_ function: RequestFields, description: JSONValue) throws {
    guard let name = try function.string("name"), !name.isEmpty else { throw function.invalid("name", "is missing") }
    let parameters = function.value("parameters")
    guard parameters == nil || parameters?.object != nil else {
      throw function.invalid("parameters", "must be a JSON schema")
    }
    guard !declarations.contains(where: { $0.name == name }) else {
      throw function.invalid("name", "is the name of another tool, too")
    }
    declarations.append(ToolDeclaration(name: name, parameters: parameters))
    descriptions.append(description)
  }

  private static func choice(_ fields: RequestFields, _ tools: [ToolDeclaration]) throws -> Choice {
    let field = fields.value("tool_choice") == nil ? "function_call" : "tool_choice"
    guard let value = fields.value(field) else { return .auto }
    switch value {
    case "none": return .none
    case "auto": return .auto
    case "required", "any": return .required
    default: break
    }
    guard let name = value["function"]?["name"]?.string ?? value["name"]?.string else {
      throw fields.invalid(field, "must be none, auto, required, or an object that names a function")
    }
    guard tools.contains(where: { $0.name == name }) else {
      throw fields.invalid(field, "names the function '\(name.prefix(64))', which is not among the tools")
    }
    return .named(name)
  }
}
