import Core
import Testing

@testable import OpenAIAPI

@Suite("Fields that bind an answer to a form")
struct ConstraintFieldsTests {
  /// What the engine is asked for when a chat has these fields.
  private static func constraint(_ fields: String) async throws -> TextConstraint? {
    let engine = CannedEngine.answering("x")
    let reply = try await engine.post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"x"}],\#(fields)}"#)
    try #require(reply.status == 200, "\(reply.body)")
    return try #require(engine.requests.first).constraint
  }

  private static let schema = #"{"type":"integer","maximum":1.50}"#
  private static let schemaFields = [
    #""response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":\#(schema)}}"#,
    #""response_format":{"type":"json_schema","schema":\#(schema)}"#,
    #""response_format":{"type":"json_object","schema":\#(schema)}"#,
    #""json_schema":\#(schema)"#, #""guided_json":\#(schema)"#,
    #""guided_json":"{\"type\":\"integer\",\"maximum\":1.50}""#, #""structured_outputs":{"json":\#(schema)}"#,
  ]

  @Test("a schema reaches the engine as it was written, by each of its names", arguments: schemaFields)
  func schemas(fields: String) async throws {
    #expect(try await Self.constraint(fields) == TextConstraint(kind: .jsonSchema, source: Self.schema))
  }

  @Test("grammars, patterns, choices and any object do, too")
  func others() async throws {
    let gbnf = TextConstraint(kind: .gbnf, source: #"root ::= "a""#)
    for name in [#""grammar":"#, #""guided_grammar":"#, #""structured_outputs":{"grammar":"#] {
      let fields = name + #""root ::= \"a\"""# + (name.hasPrefix(#""structured"#) ? "}" : "")
      #expect(try await Self.constraint(fields) == gbnf)
    }
    #expect(try await Self.constraint(#""guided_regex":"a+""#) == TextConstraint(kind: .regex, source: "a+"))
    #expect(
      try await Self.constraint(#""guided_choice":["a","b"]"#)
        == TextConstraint(kind: .choice, source: #"["a","b"]"#))
    let object = TextConstraint(kind: .jsonObject, source: "")
    #expect(try await Self.constraint(#""response_format":{"type":"json_object"}"#) == object)
    #expect(try await Self.constraint(#""structured_outputs":{"json_object":true}"#) == object)
    #expect(try await Self.constraint(#""response_format":{"type":"text"},"grammar":"""#) == nil)
  }

  @Test(
    "what cannot be enforced is a 400 that names the field, the keyword and its place",
    arguments: [
      (#""guided_json":{"properties":{"a":{"not":{}}}}"#, "guided_json", "#/properties/a/not cannot be enforced"),
      (#""grammar":"root ::= a""#, "grammar", "does not define"),
      (#""guided_regex":"(?=a)""#, "guided_regex", "looks around"),
      (#""guided_choice":[1]"#, "guided_choice", "an array of strings"),
      (#""response_format":{"type":"xml"}"#, "response_format.type", "json_object"),
      (#""response_format":{"type":"json_schema"}"#, "response_format.json_schema", "must have a schema"),
      (#""guided_regex":"a","guided_choice":["a"]"#, "guided_choice", "beside guided_regex"),
    ])
  func refusals(fields: String, name: String, reason: String) async throws {
    let reply = try await CannedEngine.answering("x").post(
      "/v1/chat/completions", #"{"messages":[{"role":"user","content":"x"}],\#(fields)}"#)
    #expect(reply.status == 400 && reply.json["error"]["param"].text == name)
    #expect(reply.json["error"]["message"].text?.contains(reason) == true, "\(reply.body)")
  }
}
