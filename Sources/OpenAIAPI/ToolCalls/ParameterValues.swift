import JSON

/// Gives the plain text of an argument the type that the tool's schema declares.
struct ParameterValues: Sendable {
  private let properties: JSONObject?

  /// - Parameter schema: of the tool's arguments.
  init(_ schema: JSONValue?) { properties = schema?["properties"]?.object }

  /// The value of an argument, without the line breaks that the form puts around it. A text stays as it is where the
  /// schema allows a text, or where it is no JSON of the declared type.
  func value(of key: String, written: some StringProtocol) -> JSONValue {
    var text = written[...]
    if text.first?.isNewline == true { text = text.dropFirst() }
    if text.last?.isNewline == true { text = text.dropLast() }
    let types = Self.types(properties?[key])
    // try?: what is no JSON is a text.
    guard !types.contains("string"), let value = try? JSONParser.parse(String(text)) else {
      return .string(String(text))
    }
    return types.isEmpty || types.contains(where: { Self.is(value, $0) }) ? value : .string(String(text))
  }

  /// The types that a schema names, itself or as alternatives; empty when it names none.
  static func types(_ schema: JSONValue?) -> [String] {
    guard let schema else { return [] }
    if let type = schema["type"] { return type.string.map { [$0] } ?? (type.array ?? []).compactMap(\.string) }
    return (schema["anyOf"]?.array ?? schema["oneOf"]?.array ?? []).flatMap { $0["type"]?.string.map { [$0] } ?? [] }
  }

  private static func `is`(_ value: JSONValue, _ type: String) -> Bool {
    switch (value, type) {
    case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.array, "array"), (.object, "object"): true
    case (.number(let number), "integer"): number.integer != nil
    default: false
    }
  }
}
