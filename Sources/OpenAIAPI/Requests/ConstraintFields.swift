import Core
import Grammars
import JSON

/// What an answer must match, in the names of OpenAI, vLLM and llama-server.
struct ConstraintFields {
  private let fields: RequestFields
  private var given: [(name: String, constraint: TextConstraint)] = []

  /// The constraint of a request; nil when the answer may be any text.
  /// - Throws: `APIError` for more than one, and for what cannot be enforced.
  static func constraint(_ fields: RequestFields) throws -> TextConstraint? {
    var reader = ConstraintFields(fields: fields)
    try reader.readFormat()
    try reader.readNamed(
      in: fields, json: ["json_schema", "guided_json"], gbnf: ["grammar", "guided_grammar"],
      regex: "guided_regex", choice: "guided_choice")
    try reader.readStructuredOutputs()
    guard let only = reader.given.first else { return nil }
    guard reader.given.count == 1 else {
      throw fields.invalid(reader.given[1].name, "cannot be given beside \(only.name)")
    }
    do {
      try only.constraint.validate()
      try Grammar.check(only.constraint)
    } catch {
      throw fields.invalid(only.name, "cannot be enforced: \(error)")
    }
    return only.constraint
  }

  private init(fields: RequestFields) { self.fields = fields }

  private mutating func readFormat() throws {
    guard let format = try fields.object("response_format", table: ConstraintNames.responseFormat) else { return }
    switch try format.string("type") {
    case nil, "text": return
    case "json_object":
      let schema = try Self.schema("schema", in: format)
      given.append(("response_format", schema ?? TextConstraint(kind: .jsonObject, source: "")))
    case "json_schema":
      let nested = try format.object("json_schema", table: ConstraintNames.jsonSchema)
      let own = try nested.flatMap { try Self.schema("schema", in: $0) }
      guard let schema = try own ?? Self.schema("schema", in: format) else {
        throw format.invalid("json_schema", "must have a schema")
      }
      given.append(("response_format", schema))
    case _?: throw format.invalid("type", "must be text, json_object or json_schema")
    }
  }

  private mutating func readStructuredOutputs() throws {
    guard let outputs = try fields.object("structured_outputs", table: ConstraintNames.structuredOutputs) else {
      return
    }
    let count = given.count
    try readNamed(in: outputs, json: ["json"], gbnf: ["grammar"], regex: "regex", choice: "choice")
    if try outputs.flag("json_object") ?? false {
      given.append(("structured_outputs", TextConstraint(kind: .jsonObject, source: "")))
    }
    for index in count..<given.count { given[index].name = "structured_outputs" }
  }

  private mutating func readNamed(
    in fields: RequestFields, json: [String], gbnf: [String], regex: String, choice: String
  ) throws {
    for name in json {
      if let schema = try Self.schema(name, in: fields) { given.append((name, schema)) }
    }
    for (names, kind) in [(gbnf, TextConstraint.Kind.gbnf), ([regex], .regex)] {
      for name in names {
        guard let source = try fields.string(name), !source.isEmpty else { continue }
        given.append((name, TextConstraint(kind: kind, source: source)))
      }
    }
    guard let texts = try fields.array(choice, of: "strings"), !texts.isEmpty else { return }
    guard texts.allSatisfy({ $0.string != nil }) else { throw fields.invalid(choice, "must be an array of strings") }
    given.append((choice, TextConstraint(kind: .choice, source: JSONValue.array(texts).text)))
  }

  /// A JSON Schema, as an object or as its text; an empty text is none.
  private static func schema(_ name: String, in fields: RequestFields) throws -> TextConstraint? {
    switch fields.value(name) {
    case nil, .string(""): nil
    case .string(let text): TextConstraint(kind: .jsonSchema, source: text)
    case .object(let schema): TextConstraint(kind: .jsonSchema, source: JSONValue.object(schema).text)
    case .bool, .number, .array, .null: throw fields.invalid(name, "must be a JSON Schema")
    }
  }
}
