import JSON

/// `[TOOL_CALLS]` before an array of objects, or before each name: `[TOOL_CALLS]name[ARGS]{…}`, as Mistral writes it.
struct MistralCalls: ToolCallForm {
  var openings: [String] { ["[TOOL_CALLS]"] }
  /// A next block closes the one before it.
  func closings(of opening: String) -> [String] { ["[TOOL_CALLS]"] }

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
