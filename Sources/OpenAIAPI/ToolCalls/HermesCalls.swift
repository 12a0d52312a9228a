import JSON

/// `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, as Hermes and Qwen write it, one block a call.
struct HermesCalls: ToolCallForm {
  var openings: [String] { ["<tool_call>"] }
  func closings(of opening: String) -> [String] { ["</tool_call>"] }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    .sequence([.spelled("<tool_call>"), .text("\n"), object(name, "arguments", schema), .spelled("\n</tool_call>")])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    ToolCall.calls(inJSON: block)
  }
}
