import JSON
import Testing

@testable import OpenAIAPI

/// What a model writes, and what is made of it.
private struct AnswerCase: Sendable, CustomTestStringConvertible {
  /// A piece of the chat template, by which the form is found.
  let template: String
  let answer: String
  var content = ""
  var reasoning = ""
  var calls: [String] = []

  var testDescription: String { answer }
}

@Suite("Parts of answers")
struct AnswerReaderTests {
  private static let tools = [
    ToolDeclaration(
      name: "weather",
      parameters: try? JSONParser.parse(
        #"{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"#
          + #""exact":{"anyOf":[{"type":"boolean"},{"type":"null"}]},"tags":{"type":["array","null"]}}}"#)),
    ToolDeclaration(name: "time", parameters: nil),
  ]

  private static func parts(of one: AnswerCase, pieceLength: Int, opensThought: String? = nil) -> AnswerCase {
    var reader = AnswerReader(
      marks: AnswerMarks(template: one.template, hasTools: true), tools: tools, opensThought: opensThought)
    var parts: [AnswerPart] = []
    var rest = one.answer[...]
    while !rest.isEmpty {
      parts += reader.append(String(rest.prefix(pieceLength)))
      rest = rest.dropFirst(pieceLength)
    }
    parts += reader.finish()
    var seen = AnswerCase(template: one.template, answer: one.answer)
    for part in parts {
      switch part {
      case .content(let text): seen.content += text
      case .reasoning(let text): seen.reasoning += text
      case .call(let call): seen.calls.append("\(call.name)\(call.arguments)")
      }
    }
    return seen
  }

  private static let paris = #"weather{"city":"Paris"}"#
  private static let hermes = "<tool_call>"
  private static let deepSeek = "<｜tool▁calls▁begin｜>"
  private static let harmony = "<|channel|> functions."

  private static let written: [AnswerCase] = [
    // Hermes, Qwen
    AnswerCase(
      template: hermes, answer: #"<tool_call>\#n{"name": "weather", "arguments": {"city": "Paris"}}\#n</tool_call>"#,
      calls: [paris]),
    AnswerCase(
      template: hermes,
      answer: #"Sure.\#n<tool_call>{"name":"weather","arguments":{"city":"Paris"}}</tool_call>"#
        + #"\#n<tool_call>{"name":"time","arguments":{}}</tool_call>\#n"#,
      content: "Sure.", calls: [paris, "time{}"]),
    AnswerCase(
      template: hermes, answer: #"<tool_call>{"name":"weather","arguments":"{\"city\":\"Paris\"}"}</tool_call>"#,
      calls: [paris]),
    AnswerCase(
      template: hermes, answer: #"<tool_call>{"name":"time"}"#, calls: ["time{}"]),
    AnswerCase(
      template: hermes, answer: "<think>\nWhat?\n</think>\n\nSunny.", content: "Sunny.", reasoning: "\nWhat?\n"),
    AnswerCase(
      template: hermes, answer: #"<think>I call.</think><tool_call>{"name":"time"}</tool_call>"#,
      reasoning: "I call.", calls: ["time{}"]),
    // Llama 3
    AnswerCase(
      template: "<|python_tag|>", answer: #"{"name": "weather", "parameters": {"city": "Paris"}}"#, calls: [paris]),
    AnswerCase(
      template: "<|python_tag|>",
      answer: #"<|python_tag|>{"name":"weather","parameters":{"city":"a;b"}}; {"name":"time","parameters":{}}"#,
      calls: [#"weather{"city":"a;b"}"#, "time{}"]),
    AnswerCase(
      template: "<|python_tag|>", answer: #"[{"name":"time","arguments":{}}]"#, calls: ["time{}"]),
    AnswerCase(
      template: "<|python_tag|>",
      answer: #"{"type":"function","function":{"name":"time","parameters":{}}}"#, calls: ["time{}"]),
    AnswerCase(
      template: "<|python_tag|>", answer: "```json\n{\"name\":\"time\",\"parameters\":{}}\n```", calls: ["time{}"]),
    // Mistral
    AnswerCase(
      template: "[TOOL_CALLS]", answer: #"[TOOL_CALLS] [{"name":"weather","arguments":{"city":"Paris"}}]"#,
      calls: [paris]),
    AnswerCase(
      template: "[TOOL_CALLS]",
      answer: #"Hm. [TOOL_CALLS]weather[ARGS]{"city":"Paris"}[TOOL_CALLS]time[CALL_ID]x[ARGS]{}"#,
      content: "Hm.", calls: [paris, "time{}"]),
    AnswerCase(
      template: "[TOOL_CALLS]", answer: #"[THINK]So[/THINK][TOOL_CALLS]time{}"#, reasoning: "So", calls: ["time{}"]),
    // Phi
    AnswerCase(
      template: "<|tool_call|>",
      answer: #"<|tool_call|>[{"name":"weather","arguments":{"city":"Paris"}}]<|/tool_call|>"#,
      calls: [paris]),
    AnswerCase(
      template: "functools[", answer: #"functools[{"name":"weather","arguments":{"city":"Paris"}}]"#, calls: [paris]),
    // Qwen3-Coder
    AnswerCase(
      template: "<function=\n<parameter=",
      answer: """
        Ok.
        <tool_call>
        <function=weather>
        <parameter=city>
        12
        </parameter>
        <parameter=days>
        3
        </parameter>
        <parameter=exact>
        true
        </parameter>
        <parameter=tags>
        ["a", 1.50]
        </parameter>
        </function>
        </tool_call>
        """, content: "Ok.", calls: [#"weather{"city":"12","days":3,"exact":true,"tags":["a",1.50]}"#]),
    AnswerCase(
      template: "<function=\n<parameter=", answer: "<function=time>\n</function>", calls: ["time{}"]),
    // GLM
    AnswerCase(
      template: "<arg_key>",
      answer: "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>"
        + "\n<arg_value>soon</arg_value></tool_call>",
      calls: [#"weather{"city":"Paris","days":"soon"}"#]),
    AnswerCase(template: "<arg_key>", answer: "<tool_call>time</tool_call>", calls: ["time{}"]),
    // DeepSeek
    AnswerCase(
      template: deepSeek,
      answer: "On it.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n"
        + "{\"city\":\"Paris\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>time<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
        + "<｜tool▁calls▁end｜>",
      content: "On it.", calls: [paris, "time{}"]),
    // gpt-oss
    AnswerCase(
      template: harmony,
      answer:
        "<|channel|>analysis<|message|>Need it.<|end|><|start|>assistant<|channel|>commentary to=functions.weather "
        + #"<|constrain|>json<|message|>{"city":"Paris"}<|call|>"#,
      reasoning: "Need it.", calls: [paris]),
    AnswerCase(
      template: harmony,
      answer:
        "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final<|message|>Hi there.<|return|>",
      content: "Hi there.", reasoning: "Easy."),
  ]

  @Test(
    "Content, thoughts and calls are separated in the form of each family, however the text is split",
    arguments: written)
  private func families(one: AnswerCase) {
    for length in [1, 2, 7, 1000] {
      let seen = Self.parts(of: one, pieceLength: length)
      #expect(seen.content == one.content && seen.reasoning == one.reasoning && seen.calls == one.calls, "\(seen)")
    }
  }

  @Test(
    "Nothing is lost of what is no call: other names, broken JSON, marks in the middle, ends that are missing",
    arguments: [
      (hermes, #"<tool_call>{"name":"launch","arguments":{}}</tool_call>"#),
      (hermes, #"<tool_call>{"name":"time","arguments":[1]}</tool_call> and more"#),
      (hermes, "<tool_call>{\"name\":"), (hermes, "a <tool_cal"), (hermes, "a <think>b</think> c"), (hermes, "\n x \n"),
      (hermes, "<tool_call><tool_call></tool_call></tool_call>"), (hermes, "</think> </tool_call>"),
      ("<|python_tag|>", #"{"name":"Bob","parameters":{}}"#), ("<|python_tag|>", "{"),
      ("<|python_tag|>", "Use {\"a\":1}"),
      ("<|python_tag|>", "```json\n[1]\n```"), ("[TOOL_CALLS]", "[TOOL_CALLS][TOOL_CALLS]x[ARGS]"),
      ("<function=\n<parameter=", "<function=x"), ("<arg_key>", "<tool_call>time<arg_key>a</arg_key></tool_call>"),
      (deepSeek, "<｜tool▁calls▁begin｜>nothing<｜tool▁calls▁end｜>"), (harmony, " to=functions.time {}"),
    ])
  func otherText(template: String, answer: String) {
    for length in [1, 3, 1000] {
      let seen = Self.parts(of: AnswerCase(template: template, answer: answer), pieceLength: length)
      #expect(seen.content == answer && seen.calls == [], "\(seen)")
    }
  }

  @Test("A thought that the prompt began ends at its mark, or with the answer")
  func openThought() {
    let ended = Self.parts(
      of: AnswerCase(template: "", answer: "so\n</think>\nYes"), pieceLength: 2, opensThought: "<think>")
    #expect(ended.reasoning == "so\n" && ended.content == "Yes")
    let open = Self.parts(of: AnswerCase(template: "", answer: "so <think"), pieceLength: 2, opensThought: "<think>")
    #expect(open.reasoning == "so <think" && open.content == "")
  }

  @Test("Without tools, marks of calls are content")
  func withoutTools() {
    var reader = AnswerReader(marks: AnswerMarks(template: Self.hermes, hasTools: false), tools: [])
    let answer = #"<tool_call>{"name":"time"}</tool_call>"#
    #expect(reader.append(answer) + reader.finish() == [.content(answer)])
  }

  @Test("Long answers of nothing but marks are read in time that grows with their length alone")
  func manyMarks() {
    for (template, mark) in [
      (Self.harmony, "<|end|>"), (Self.hermes, "<tool_call></tool_call>"), ("<|python_tag|>", "{;"),
    ] {
      let answer = String(repeating: mark, count: 20_000)
      let seen = Self.parts(of: AnswerCase(template: template, answer: answer), pieceLength: 1 << 20)
      #expect(seen.calls == [])
    }
  }
}
