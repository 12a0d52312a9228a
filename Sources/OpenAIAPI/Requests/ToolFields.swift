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
  /// The field that made the choice.
  var choiceField = "tool_choice"
  /// Whether the functions came in OpenAI's older form, in which answers have one call.
  var isOlder = false
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
    try finish(fields)
  }

  /// Makes the choice among the declared tools.
  mutating func finish(_ fields: RequestFields) throws {
    guard declarations.count <= RequestLimits.toolCount else {
      throw fields.invalid("tools", "may hold at most \(RequestLimits.toolCount) tools")
    }
    isOlder = fields.value("functions") != nil && fields.value("tools") == nil
    if isOlder { allowsSeveral = false }
    choiceField =
      fields.value("tool_choice") == nil && fields.value("function_call") != nil ? "function_call" : "tool_choice"
    try choose(fields)
    if choice == .none || declarations.isEmpty {
      guard choice != .required else { throw fields.invalid(choiceField, "requires tools") }
      (declarations, descriptions, choice) = ([], [], .none)
    }
  }

  mutating func add(_ function: RequestFields, description: JSONValue) throws {
    guard let name = try function.string("name"), !name.isEmpty else { throw function.invalid("name", "is missing") }
    let parameters = function.value("parameters")
    guard parameters == nil || parameters?.object != nil else {
      throw function.invalid("parameters", "must be a JSON schema")
    }
    guard !declarations.contains(where: { $0.name == name }) else {
      throw function.invalid("name", "is the name of another tool, too")
    }
    declarations.append(
      ToolDeclaration(name: name, parameters: parameters, isStrict: try function.flag("strict") ?? false))
    descriptions.append(description)
  }

  private mutating func choose(_ fields: RequestFields) throws {
    guard let value = fields.value(choiceField) else { return choice = .auto }
    if value["type"] == "allowed_tools" { return try allow(value["allowed_tools"] ?? value, fields) }
    if let word = value.string { return choice = try mode(word, fields) }
    guard let name = value["function"]?["name"]?.string ?? value["name"]?.string else {
      throw fields.invalid(choiceField, "must be none, auto, required, or an object that names a function")
    }
    try check(name, fields)
    choice = .named(name)
  }

  private func mode(_ word: String, _ fields: RequestFields) throws -> Choice {
    switch word {
    case "none": return .none
    case "auto": return .auto
    case "required", "any": return .required
    default: throw fields.invalid(choiceField, "must be none, auto, required, or an object that names a function")
    }
  }

  /// Narrows the tools to those that the choice lists.
  private mutating func allow(_ value: JSONValue, _ fields: RequestFields) throws {
    let names = (value["tools"]?.array ?? []).compactMap { $0["function"]?["name"]?.string ?? $0["name"]?.string }
    for name in names { try check(name, fields) }
    let kept = declarations.indices.filter { names.contains(declarations[$0].name) }
    (declarations, descriptions) = (kept.map { declarations[$0] }, kept.map { descriptions[$0] })
    choice = try mode(value["mode"]?.string ?? "auto", fields)
  }

  private func check(_ name: String, _ fields: RequestFields) throws {
    guard declarations.contains(where: { $0.name == name }) else {
      throw fields.invalid(choiceField, "names the function '\(name.prefix(64))', which is not among the tools")
    }
  }
}
