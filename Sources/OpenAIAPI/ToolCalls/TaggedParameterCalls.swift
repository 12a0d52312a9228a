import JSON

/// `<tool_call><function=name><parameter=key>value</parameter></function></tool_call>`, as Qwen3-Coder writes it.
/// Values are plain text; the tool's schema says what they are.
struct TaggedParameterCalls: ToolCallForm {
  // The outer mark is sometimes left out.
  var openings: [String] { ["<tool_call>", "<function="] }
  func closings(of opening: String) -> [String] { [opening == "<tool_call>" ? "</tool_call>" : "</function>"] }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    let arguments = WrittenArguments(opening: { "<parameter=\($0)>\n" }, closing: "\n</parameter>\n")
    return .sequence([
      .spelled("<tool_call>"), .text("\n<function=\(name)>\n"), arguments.format(schema),
      .spelled("</function>\n</tool_call>"),
    ])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    let text = opening == "<tool_call>" ? block : opening + block
    guard let start = text.firstRange(of: "<function="), let end = text[start.upperBound...].firstIndex(of: ">")
    else { return ToolCall.calls(inJSON: block) }
    let name = String(text[start.upperBound..<end]).trimmed
    guard !name.isEmpty else { return nil }
    let values = ParameterValues(tools.first { $0.name == name }?.parameters)
    var arguments = JSONObject()
    for part in text[end...].components(between: "<parameter=", and: "</parameter>") {
      guard let mark = part.firstIndex(of: ">") else { return nil }
      let key = String(part[..<mark]).trimmed
      arguments[key] = values.value(of: key, written: part[part.index(after: mark)...])
    }
    return [ToolCall(name: name, arguments: arguments)]
  }
}
