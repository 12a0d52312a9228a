import JSON

/// `[TOOL_CALLS]` before an array of objects, or before each name: `[TOOL_CALLS]name[ARGS]{…}`, as Mistral writes it.
struct MistralCalls: ToolCallForm {
  var openings: [String] { ["[TOOL_CALLS]"] }
  /// A next block closes the one before it.
  func closings(of opening: String) -> [String] { ["[TOOL_CALLS]"] }

  /// Whether a name lies before its arguments, as newer models write it.
  var isNamed = false
  /// Every call has a mark of its own.
  var separator: TagFormat? { isNamed ? .empty : nil }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    if isNamed { return .sequence([.spelled("[TOOL_CALLS]\(name)[ARGS]"), .schema(schema)]) }
    return .sequence([.spelled("[TOOL_CALLS]"), .text("["), object(name, "arguments", schema), .text("]")])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    if let calls = ToolCall.calls(inJSON: block) { return calls }
    guard let mark = block.firstRange(of: "[ARGS]") ?? block.firstRange(of: "{") else { return nil }
    let name = block[..<mark.lowerBound].split(separator: "[CALL_ID]", maxSplits: 1).first
    let text = block[mark.lowerBound] == "{" ? block[mark.lowerBound...] : block[mark.upperBound...]
    // try?: what is no JSON is no call.
    guard let name, let arguments = (try? JSONParser.parse(String(text)))?.object else { return nil }
    return [ToolCall(name: String(name).trimmed, arguments: arguments)]
  }
}
