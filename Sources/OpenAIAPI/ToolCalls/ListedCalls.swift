import JSON

/// `<|tool_call|>[{"name": …, "arguments": {…}}]<|/tool_call|>` or `functools[…]`, as Phi writes it.
struct ListedCalls: ToolCallForm {
  var openings: [String] { ["<|tool_call|>", "functools["] }
  func closings(of opening: String) -> [String] { ["<|/tool_call|>"] }

  let opening: String

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    let end = opening.hasSuffix("[") ? "]" : "]<|/tool_call|>"
    let begin = opening.hasSuffix("[") ? opening : opening + "["
    return .sequence([.spelled(begin), object(name, "arguments", schema), .spelled(end)])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    ToolCall.calls(inJSON: (opening.hasSuffix("[") ? "[" : "") + block)
  }
}
