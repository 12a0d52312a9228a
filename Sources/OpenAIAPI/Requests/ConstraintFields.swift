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
    if let tag = fields.value("structural_tag"), tag != "" {
      reader.given.append(("structural_tag", Self.structuralTag(tag)))
    }
    guard let only = reader.given.first else { return nil }
    guard reader.given.count == 1 else {
      throw fields.invalid(reader.given[1].name, "cannot be given beside \(only.name)")
    }
    return try checked(only.constraint, only.name, in: fields)
  }

  /// The schema in a field of a format; nil when it has none.
  static func schema(_ name: String, in fields: RequestFields) throws -> TextConstraint? {
    try source(name, in: fields).map { try checked($0, name, in: fields) }
  }

  private static func checked(
    _ constraint: TextConstraint, _ name: String, in fields: RequestFields
  ) throws -> TextConstraint {
    do {
      try constraint.validate()
      try Grammar.check(constraint)
    } catch {
      throw fields.invalid(name, "cannot be enforced: \(error)")
    }
    return constraint
  }

  private init(fields: RequestFields) { self.fields = fields }

  private mutating func readFormat() throws {
    guard let format = try fields.object("response_format", table: ConstraintNames.responseFormat) else { return }
    switch try format.string("type") {
    case nil, "text": return
    case "json_object":
      let schema = try Self.source("schema", in: format)
      given.append(("response_format", schema ?? TextConstraint(kind: .jsonObject, source: "")))
    case "json_schema":
      let nested = try format.object("json_schema", table: ConstraintNames.jsonSchema)
      let own = try nested.flatMap { try Self.source("schema", in: $0) }
      guard let schema = try own ?? Self.source("schema", in: format) else {
        throw format.invalid("json_schema", "must have a schema")
      }
      given.append(("response_format", schema))
    case "structural_tag": given.append(("response_format", Self.structuralTag(.object(format.members))))
    case _?: throw format.invalid("type", "must be text, json_object, json_schema or structural_tag")
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
    if let tag = outputs.value("structural_tag") {
      given.append(("structured_outputs", Self.structuralTag(tag)))
    }
    for index in count..<given.count { given[index].name = "structured_outputs" }
  }

  private mutating func readNamed(
    in fields: RequestFields, json: [String], gbnf: [String], regex: String, choice: String
  ) throws {
    for name in json {
      if let schema = try Self.source(name, in: fields) { given.append((name, schema)) }
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

  /// A structural tag, as an object or as its text; vLLM's older form has structures where newer tags have a format.
  private static func structuralTag(_ value: JSONValue) -> TextConstraint {
    // try?: what is no JSON is refused when it is checked.
    let tag = value.string.flatMap { try? JSONParser.parse($0) } ?? value
    guard let structures = tag["structures"]?.array else {
      return TextConstraint(kind: .structuralTag, source: value.string ?? value.text)
    }
    let tags = structures.map { structure -> JSONValue in
      [
        "type": "tag", "begin": structure["begin"] ?? .null, "end": structure["end"] ?? .null,
        "content": ["type": "json_schema", "json_schema": structure["schema"] ?? .null],
      ]
    }
    let format: JSONValue = ["type": "triggered_tags", "triggers": tag["triggers"] ?? .null, "tags": .array(tags)]
    return TextConstraint(kind: .structuralTag, source: format.text)
  }

  /// A JSON Schema, as an object or as its text; an empty text is none.
  private static func source(_ name: String, in fields: RequestFields) throws -> TextConstraint? {
    switch fields.value(name) {
    case nil, .string(""): nil
    case .string(let text): TextConstraint(kind: .jsonSchema, source: text)
    case .object(let schema): TextConstraint(kind: .jsonSchema, source: JSONValue.object(schema).text)
    case .bool, .number, .array, .null: throw fields.invalid(name, "must be a JSON Schema")
    }
  }
}
