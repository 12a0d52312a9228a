import Core
import Testing

@testable import Grammars

@Suite("JSON Schema")
struct SchemaTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let schema: String
    let valid: [String]
    let invalid: [String]

    init(_ description: String, _ schema: String, valid: [String], invalid: [String]) {
      testDescription = description
      self.schema = schema
      self.valid = valid
      self.invalid = invalid
    }
  }

  @Test("texts match that are valid, and no others", arguments: cases)
  func matches(_ example: Case) throws {
    let matcher = try Texts.matcher(.jsonSchema, example.schema)
    #expect(try Texts.wrong(matcher, valid: example.valid, invalid: example.invalid) == [])
  }

  static let refusals = [
    (#"{"properties": {"a": {"not": {}}}}"#, "#/properties/a/not cannot be enforced"),
    (#"{"items": {"type": "array", "uniqueItems": true}}"#, "#/items/uniqueItems cannot be enforced"),
    (#"{"if": {}, "then": {}}"#, "#/if cannot be enforced"),
    (#"{"contains": {}}"#, "#/contains cannot be enforced"),
    (#"{"type": "string", "pattern": "^(?=a)"}"#, "#/pattern cannot be enforced: the regular expression, at character"),
    (#"{"type": "string", "pattern": "(a)\\1"}"#, "refers back"),
    (#"{"type": "string", "pattern": "a^b"}"#, "anchor in its middle"),
    (#"{"type": "string", "format": "idn-email"}"#, "#/format names idn-email, which cannot be enforced"),
    (#"{"oneOf": [{"type": "integer"}, {"minimum": 3}]}"#, "#/oneOf cannot be enforced: its branches 0 and 1"),
    (##"{"$ref": "http://example.org/a"}"##, "#/$ref names http://example.org/a, which is not in the schema"),
    (##"{"$ref": "#/$defs/a"}"##, "which is not in the schema"),
    (##"{"anyOf": [{"$ref": "#"}, {"type": "null"}]}"##, "refers to itself"),
    (#"{"type": "strin"}"#, "#/type is none of null"),
    (##"{"prefixItems": {}}"##, "#/prefixItems is no list of schemas"),
    (#"{"properties": {"a": 3}}"#, "#/properties/a is no schema"),
    (#"{"minLength": -1}"#, "#/minLength is no number from 0 on"),
    (#"{"maxItems": 1e300}"#, "#/maxItems is no number"),
    (#"{"multipleOf": 0.1}"#, "#/multipleOf can be enforced for integers"),
    (#"{"minimum": 0.12345678901234567}"#, "#/minimum has more than 15 digits"),
    (#"{"minProperties": 3, "additionalProperties": {}}"#, "#/minProperties cannot be enforced with names"),
    (
      #"{"type": "string", "pattern": "^(a|b)*a(a|b){20}$", "maxLength": 99}"#,
      "#/pattern, with what else the schema asks"
    ),
    (#"{"const": 1, "minimum": 2}"#, "no text"),
    ("false", "no text"),
    ("{", "no JSON: "),
    (String(repeating: "[", count: 200) + String(repeating: "]", count: 200), "nested more than 128"),
    ("3", "# is no schema"),
  ]

  @Test("what cannot be enforced is refused with the keyword and its place", arguments: refusals)
  func refuses(_ schema: String, _ reason: String) {
    let error = #expect(throws: GrammarError.self) { try Texts.matcher(.jsonSchema, schema) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
