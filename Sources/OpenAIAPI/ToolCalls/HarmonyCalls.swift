import JSON

/// A message of gpt-oss to a function: `<|channel|>commentary to=functions.name …<|message|>{…}<|call|>`. Its other
/// channels are read by `HarmonyChannels`.
struct HarmonyCalls: ToolCallForm {
  var openings: [String] { ["<|channel|>commentary to=functions.", " to=functions."] }
  func closings(of opening: String) -> [String] { ["<|call|>", "<|end|>"] }

  var separator: TagFormat? { nil }
  var contentOpening: String { "<|channel|>final<|message|>" }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    // The mark behind it ends the answer.
    .sequence([.spelled("<|channel|>commentary to=functions.\(name) <|constrain|>json<|message|>"), .schema(schema)])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    guard let mark = block.firstRange(of: "<|message|>") else { return nil }
    let head = block[..<mark.lowerBound]
    let name = String(head.prefix { !$0.isWhitespace && $0 != "<" })
    // try?: what is no JSON is no call.
    guard !name.isEmpty, let arguments = (try? JSONParser.parse(String(block[mark.upperBound...])))?.object else {
      return nil
    }
    return [ToolCall(name: name, arguments: arguments)]
  }
}
