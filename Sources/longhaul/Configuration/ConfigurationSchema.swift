import JSON

/// The JSON schema of a service's configuration file, for editors and validators.
enum ConfigurationSchema {
  static func text(of role: ConfigurationRole) throws -> String {
    let keys = try ConfigurationKey.all(of: role)
    var lines = [
      "{",
      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",",
      "  \"title\": \"Configuration file of longhaul \(role.rawValue)\",",
      "  \"type\": \"object\",",
      "  \"additionalProperties\": false,",
      "  \"properties\": {",
    ]
    for (index, key) in keys.enumerated() {
      let comma = index + 1 < keys.count ? "," : ""
      lines.append("    \(quoted(key.name)): {")
      lines.append("      \"description\": \(quoted(key.meaning)),")
      lines += type(of: key.kind).map { "      \($0)" }
      lines.append("    }\(comma)")
    }
    return (lines + ["  }", "}"]).joined(separator: "\n") + "\n"
  }

  private static func type(of kind: ConfigurationKey.Kind) -> [String] {
    switch kind {
    // YAML takes an unquoted number for a number.
    case .text: ["\"type\": [\"string\", \"number\"]"]
    case .integer: ["\"type\": \"integer\""]
    case .number: ["\"type\": \"number\""]
    case .size: ["\"type\": [\"string\", \"integer\"],", "\"pattern\": \"^[0-9.]+([bB]|[kKmMgGtT]([iI]?[bB])?)?$\""]
    case .flag: ["\"type\": \"boolean\""]
    case .list:
      [
        "\"anyOf\": [",
        "  { \"type\": [\"string\", \"number\"] },",
        "  { \"type\": \"array\", \"items\": { \"type\": [\"string\", \"number\"] } }",
        "]",
      ]
    case .choice(let values): ["\"enum\": [\(values.map(quoted).joined(separator: ", "))]"]
    }
  }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text }
}
