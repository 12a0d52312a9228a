/// `<|tool_call|>[{"name": …, "arguments": {…}}]<|/tool_call|>` or `functools[…]`, as Phi writes it.
struct ListedCalls: ToolCallForm {
  var openings: [String] { ["<|tool_call|>", "functools["] }
  func closings(of opening: String) -> [String] { ["<|/tool_call|>"] }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    ToolCall.calls(inJSON: (opening.hasSuffix("[") ? "[" : "") + block)
  }
}
