@testable import OpenAIAPI

/// What a model writes.
enum AnswerPartTarget {
  /// An answer in the form of each family: it is taken apart in the same way however it is split, and nothing is lost
  /// where it has no call and no thought.
  static let answerParts = FuzzTarget(name: "answer-parts") {
    [
      #"0<think>a</think> b<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>"#,
      #"1<|python_tag|>{"name":"f","parameters":{}};{"name":"f"}"#,
      #"2[TOOL_CALLS]f[ARGS]{}[TOOL_CALLS][{"name":"f"}]"#,
      "3<tool_call><function=f><parameter=a>1</parameter></function></tool_call>",
      "4<tool_call>f<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>",
      "5<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
      "6<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=functions.f"
        + "<|message|>{}<|call|>",
      #"7functools[{"name":"f"}]"#,
    ].map { Array($0.utf8) }
  } run: { bytes in
    guard let kind = bytes.first, let text = String(validating: bytes.dropFirst(), as: UTF8.self) else { return }
    let template = templates[Int(kind) % templates.count]
    let whole = parts(of: text, template, pieceLength: .max)
    require(parts(of: text, template, pieceLength: 1) == whole, "parts do not depend on pieces")
    let hasThought = text.contains("<think>") || text.contains("[THINK]")
    if !hasThought, whole.calls.isEmpty, Int(kind) % templates.count != 6 {
      require(whole.content == text, "what is no part is content")
    }
  }

  private static let templates = [
    "<tool_call>", "<|python_tag|>", "[TOOL_CALLS]", "<function= <parameter=", "<arg_key>", "<｜tool▁calls▁begin｜>",
    "<|channel|> functions.", "functools[",
  ]

  private struct Parts: Equatable {
    var content = ""
    var reasoning = ""
    var calls: [ToolCall] = []
  }

  private static func parts(of text: String, _ template: String, pieceLength: Int) -> Parts {
    let tools = [ToolDeclaration(name: "f", parameters: nil)]
    var reader = AnswerReader(marks: AnswerMarks(template: template, hasTools: true), tools: tools)
    var parts = Parts()
    func add(_ more: [AnswerPart]) {
      for part in more {
        switch part {
        case .content(let text): parts.content += text
        case .reasoning(let text): parts.reasoning += text
        case .call(let call): parts.calls.append(call)
        }
      }
    }
    var rest = text.unicodeScalars[...]
    while !rest.isEmpty {
      add(reader.append(String(rest.prefix(pieceLength))))
      rest = rest.dropFirst(pieceLength)
    }
    add(reader.finish())
    return parts
  }
}
