import JSON

/// A function that the client offers to the model.
struct ToolDeclaration: Hashable, Sendable {
  let name: String
  /// The JSON schema of its arguments; nil when it takes any.
  let parameters: JSONValue?
  /// Whether arguments must be valid under the schema, also where the model need not call.
  var isStrict = false
}

/// A call that the model wrote.
struct ToolCall: Hashable, Sendable {
  let name: String
  /// A JSON object as text.
  let arguments: String

  init(name: String, arguments: JSONObject) {
    self.name = name
    self.arguments = JSONValue.object(arguments).text
  }

  /// A call as most families write it: an object with a name, and arguments under one of two names.
  /// - Returns: nil for anything else.
  init?(_ value: JSONValue) {
    // Some models repeat the form in which functions are declared.
    let call = value["function"]?.object.map { JSONValue.object($0) } ?? value
    guard let name = call["name"]?.string, !name.isEmpty,
      let arguments = Self.arguments(call["arguments"] ?? call["parameters"])
    else { return nil }
    self.init(name: name, arguments: arguments)
  }

  /// An object, or one that is written once more as text; none is an empty one.
  private static func arguments(_ value: JSONValue?) -> JSONObject? {
    switch value {
    case nil, .null: JSONObject()
    case .object(let object): object
    // try?: what is no JSON is no call.
    case .string(let text): text.isEmpty ? JSONObject() : (try? JSONParser.parse(text))?.object
    default: nil
    }
  }
}

extension ToolCall {
  /// The calls of a JSON text: one object, or an array of them.
  /// - Returns: nil for anything else.
  static func calls(inJSON text: some StringProtocol) -> [ToolCall]? {
    guard let value = try? JSONParser.parse(String(text)) else { return nil }  // try?: what is no JSON is no call
    let items = value.array ?? [value]
    let calls = items.compactMap { ToolCall($0) }
    return calls.isEmpty || calls.count < items.count ? nil : calls
  }
}
