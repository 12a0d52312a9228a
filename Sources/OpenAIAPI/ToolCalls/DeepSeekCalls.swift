import JSON

/// DeepSeek's blocks of calls, each `function<｜tool▁sep｜>name` with the arguments in a fence of code, or, since V3.1,
/// `name<｜tool▁sep｜>` with the arguments alone.
struct DeepSeekCalls: ToolCallForm {
  var openings: [String] { ["<｜tool▁calls▁begin｜>"] }
  func closings(of opening: String) -> [String] { ["<｜tool▁calls▁end｜>"] }

  /// Whether arguments lie in a fence of code, as before V3.1.
  var isFenced = false
  var separator: TagFormat? { nil }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat {
    let begin = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>"
    let end = "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    return isFenced
      ? .sequence([
        .spelled("\(begin)function<｜tool▁sep｜>\(name)\n```json\n"), .schema(schema), .spelled("\n```\(end)"),
      ])
      : .sequence([.spelled("\(begin)\(name)<｜tool▁sep｜>"), .schema(schema), .spelled(end)])
  }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    let parts = block.components(between: "<｜tool▁call▁begin｜>", and: "<｜tool▁call▁end｜>")
    let calls = parts.compactMap { Self.call($0) }
    return calls.isEmpty || calls.count < parts.count ? nil : calls
  }

  private static func call(_ text: Substring) -> ToolCall? {
    guard let mark = text.firstRange(of: "<｜tool▁sep｜>") else { return nil }
    var name = String(text[..<mark.lowerBound]).trimmed
    var rest = text[mark.upperBound...]
    if let fence = rest.firstRange(of: "```json") {
      name = String(rest[..<fence.lowerBound]).trimmed
      rest = rest[fence.upperBound...]
      if let end = rest.ranges(of: "```").last { rest = rest[..<end.lowerBound] }
    }
    // try?: what is no JSON is no call.
    guard !name.isEmpty, let arguments = (try? JSONParser.parse(String(rest)))?.object else { return nil }
    return ToolCall(name: name, arguments: arguments)
  }
}
