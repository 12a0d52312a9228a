import JSON

/// `<tool_call>name<arg_key>key</arg_key><arg_value>value</arg_value>…</tool_call>`, as GLM writes it. Values are plain
/// text; the tool's schema says what they are.
struct ArgumentPairCalls: ToolCallForm {
  var openings: [String] { ["<tool_call>"] }
  func closings(of opening: String) -> [String] { ["</tool_call>"] }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    let arguments = WrittenArguments(
      opening: { "<arg_key>\($0)</arg_key>\n<arg_value>" }, closing: "</arg_value>\n")
    return .sequence([.spelled("<tool_call>"), .text(name + "\n"), arguments.format(schema), .spelled("</tool_call>")])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    let head = block.firstRange(of: "<arg_key>")?.lowerBound ?? block.endIndex
    let name = String(block[..<head]).trimmed
    guard !name.isEmpty, !name.hasPrefix("{") else { return ToolCall.calls(inJSON: block) }
    let keys = block.components(between: "<arg_key>", and: "</arg_key>")
    let values = block.components(between: "<arg_value>", and: "</arg_value>")
    guard keys.count == values.count else { return nil }
    let typed = ParameterValues(tools.first { $0.name == name }?.parameters)
    var arguments = JSONObject()
    for (key, value) in zip(keys, values) {
      let key = String(key).trimmed
      arguments[key] = typed.value(of: key, written: value)
    }
    return [ToolCall(name: name, arguments: arguments)]
  }
}
