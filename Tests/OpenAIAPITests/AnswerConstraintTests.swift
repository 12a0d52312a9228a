import Core
import Grammars
import JSON
import Testing

@testable import OpenAIAPI

/// What an answer is bound to when a call must come, or when its form matters.
@Suite("Answers that are bound to calls")
struct AnswerConstraintTests {
  private static let tools: [ToolDeclaration] = [
    ToolDeclaration(
      name: "weather",
      parameters: try? JSONParser.parse(
        #"{"type":"object","description":"x","properties":{"city":{"type":"string","title":"y"},"#
          + #""days":{"type":"integer","minimum":1}},"required":["city"],"additionalProperties":false}"#)),
    ToolDeclaration(name: "time", parameters: nil),
  ]

  private static func matcher(
    _ template: String, _ choice: ToolFields.Choice, isStrict: Bool = false, several: Bool = true,
    openThought: String? = nil, content: TextConstraint? = nil
  ) throws -> GrammarMatcher? {
    var fields = ToolFields()
    fields.declarations = choice == .none ? [] : tools
    for index in fields.declarations.indices { fields.declarations[index].isStrict = isStrict }
    fields.choice = choice
    fields.allowsSeveral = several
    let constraint = try AnswerConstraint(
      marks: AnswerMarks(template: template, hasTools: choice != .none), openThought: openThought, tools: fields,
      content: content, template: template
    ).constraint()
    return try constraint.map {
      try GrammarMatcher(Grammar($0), vocabulary: TokenTrie((0...255).map { [UInt8($0)] }))
    }
  }

  private static func match(_ text: String, _ matcher: GrammarMatcher?) throws -> Bool {
    guard let matcher, let end = try matcher.position(after: matcher.start(), text.utf8) else { return false }
    return matcher.allowsEnd(end)
  }

  /// A piece of a chat template, and the call of `weather` as its family writes it.
  private static let written = [
    ("<tool_call>", "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>"),
    ("<|python_tag|>", #"{"name": "weather", "parameters": {"city": "Rome"}}"#),
    ("[TOOL_CALLS]", #"[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Rome"}}]"#),
    ("[TOOL_CALLS] [ARGS]", #"[TOOL_CALLS]weather[ARGS]{"city": "Rome"}"#),
    ("<|tool_call|>", #"<|tool_call|>[{"name": "weather", "arguments": {"city": "Rome"}}]<|/tool_call|>"#),
    ("functools[", #"functools[{"name": "weather", "arguments": {"city": "Rome"}}]"#),
    (
      "<｜tool▁calls▁begin｜> ```json",
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Rome\"}\n```"
        + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    ),
    (
      "<｜tool▁calls▁begin｜>",
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Rome\"}<｜tool▁call▁end｜>"
        + "<｜tool▁calls▁end｜>"
    ),
    (
      "<|channel|> functions.",
      #"<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"city": "Rome"}"#
    ),
    (
      "<function= <parameter=",
      "<tool_call>\n<function=weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>"
    ),
    (
      "<arg_key>",
      "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n</tool_call>"
    ),
  ]

  @Test("a call that must come has the family's form, which is read as the call", arguments: written.indices)
  func forms(index: Int) throws {
    let (template, text) = Self.written[index]
    let matcher = try Self.matcher(template, .named("weather"))
    #expect(try Self.match(text, matcher), "\(text)")
    #expect(try !Self.match(text.replacing("city", with: "town"), matcher))
    #expect(try !Self.match(text.replacing("weather", with: "time"), matcher))
    #expect(try !Self.match("It rains.", matcher) && !Self.match("", matcher))
    var reader = AnswerReader(marks: AnswerMarks(template: template, hasTools: true), tools: Self.tools)
    let parts = reader.append(text) + reader.finish()
    let call = try #require(JSONParser.parse(#"{"city":"Rome"}"#).object)
    #expect(parts == [.call(ToolCall(name: "weather", arguments: call))])
  }

  @Test("some tool is any of them, several times unless only one call is allowed")
  func required() throws {
    let call = Self.written[0].1
    let time = "<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>"
    let several = try Self.matcher("<tool_call>", .required)
    #expect(try Self.match("\(call)\n\(time)", several) && Self.match(time, several))
    let one = try Self.matcher("<tool_call>", .required, several: false)
    #expect(try !Self.match("\(call)\n\(time)", one) && Self.match(call, one))
  }

  @Test("a model that may call is bound by strict tools only, and only inside of calls")
  func automatic() throws {
    #expect(try Self.matcher("<tool_call>", .auto) == nil)
    let strict = try Self.matcher("<tool_call>", .auto, isStrict: true)
    let call = Self.written[0].1
    #expect(try Self.match("It rains.", strict) && Self.match("See: \(call)", strict) && Self.match("", strict))
    #expect(try !Self.match(call.replacing("city", with: "town"), strict))
    let plain = try Self.matcher("<|python_tag|>", .auto, isStrict: true)
    #expect(try Self.match("It rains.", plain) && Self.match(Self.written[1].1, plain) && Self.match("", plain))
    #expect(try !Self.match(#"{"name": "weather", "parameters": {}}"#, plain))
  }

  @Test("content that is bound leaves room for a call")
  func contentOrCall() throws {
    let content = TextConstraint(kind: .choice, source: #"["yes","no"]"#)
    let matcher = try Self.matcher("<tool_call>", .auto, content: content)
    #expect(try Self.match("yes", matcher) && Self.match(Self.written[0].1, matcher))
    #expect(try !Self.match("maybe", matcher))
  }

  @Test("thoughts come before what is bound: those that the prompt began, and those of the model's template")
  func thoughts() throws {
    let content = TextConstraint(kind: .choice, source: #"["yes","no"]"#)
    let begun = try Self.matcher("<think>", .none, openThought: "<think>", content: content)
    #expect(try Self.match("Well.\n</think>\n\nyes", begun) && !Self.match("yes", begun))
    #expect(try !Self.match("Well.</think>maybe", begun))
    let free = try Self.matcher("<tool_call> <think>", .named("weather"))
    let call = Self.written[0].1
    #expect(try Self.match(call, free) && Self.match("<think>\nHm\n</think>\n\n\(call)", free))
  }

  @Test("a schema that cannot be enforced is refused of a strict tool, and otherwise any object")
  func unenforceable() throws {
    var fields = ToolFields()
    fields.declarations = [ToolDeclaration(name: "f", parameters: ["type": "object", "not": [:]])]
    fields.choice = .required
    let marks = AnswerMarks(template: "<tool_call>", hasTools: true)
    func make() throws -> TextConstraint? {
      try AnswerConstraint(marks: marks, openThought: nil, tools: fields, content: nil, template: "").constraint()
    }
    #expect(try make()?.kind == .structuralTag)
    fields.declarations[0].isStrict = true
    #expect(throws: APIError.self) { try make() }
  }
}
