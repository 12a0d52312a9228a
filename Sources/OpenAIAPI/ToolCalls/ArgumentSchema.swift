import Core
import Grammars
import JSON

/// The schema of a tool's arguments, as an answer is bound to it.
enum ArgumentSchema {
  /// Any object.
  static let open: JSONValue = ["type": "object"]

  /// - Throws: `GrammarError` that names the keyword which cannot be enforced.
  static func enforceable(_ parameters: JSONValue?) throws -> JSONValue {
    guard let given = parameters?.object, !given.isEmpty else { return open }
    var schema = bare(.object(given)).object ?? given
    if schema["type"] == nil, schema["anyOf"] == nil, schema["oneOf"] == nil, schema["$ref"] == nil,
      schema["allOf"] == nil
    {
      schema["type"] = "object"
    }
    let value = JSONValue.object(schema)
    let constraint = TextConstraint(kind: .jsonSchema, source: value.text)
    try constraint.validate()
    try Grammar.check(constraint)
    return value
  }

  /// Keywords that say nothing about what is valid.
  private static let annotations: Set<String> = [
    "title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly", "$comment", "$schema",
  ]
  /// Keywords whose members are schemas by name.
  private static let tables: Set<String> = ["properties", "patternProperties", "$defs", "definitions"]
  /// Keywords whose values are no schemas.
  private static let values: Set<String> = ["enum", "const", "required", "type"]

  /// Without annotations: they are for the prompt, and a constraint travels to the last stage.
  private static func bare(_ schema: JSONValue) -> JSONValue {
    switch schema {
    case .array(let items): return .array(items.map(bare))
    case .object(let object):
      var kept = JSONObject()
      for member in object.members where !annotations.contains(member.key) {
        if values.contains(member.key) {
          kept[member.key] = member.value
        } else if tables.contains(member.key), let table = member.value.object {
          var entries = JSONObject()
          for entry in table.members { entries[entry.key] = bare(entry.value) }
          kept[member.key] = .object(entries)
        } else {
          kept[member.key] = bare(member.value)
        }
      }
      return .object(kept)
    default: return schema
    }
  }
}
