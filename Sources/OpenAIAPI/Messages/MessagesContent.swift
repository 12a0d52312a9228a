import ChatTemplates
import JSON

/// The content of one of Anthropic's messages: a text, or blocks of text, thoughts, calls and results. Each text begins
/// a line.
struct MessagesContent: Sendable {
  private(set) var text = ""
  private var thoughts = ""
  private var calls: [JSONValue] = []
  private var results: [ChatMessage] = []

  /// nil when the field is absent.
  init?(_ fields: RequestFields, _ name: String) throws {
    guard let value = fields.value(name) else { return nil }
    if let text = value.string {
      self.text = text
      return
    }
    guard value.array != nil else { throw fields.invalid(name, "must be a string or an array of blocks") }
    for block in try fields.objects(name, of: "blocks", table: .messagesBlock) ?? [] { try add(block) }
  }

  private mutating func add(_ block: RequestFields) throws {
    switch try block.string("type") {
    case "text":
      guard let text = try block.string("text") else { throw block.invalid("text", "is missing") }
      self.text += (self.text.isEmpty ? "" : "\n") + text
    case "thinking": thoughts += try block.string("thinking") ?? ""
    case "redacted_thinking": break
    case "tool_use":
      guard let name = try block.string("name") else { throw block.invalid("name", "is missing") }
      let arguments = block.value("input") ?? [:]
      calls.append([
        "id": .string(try block.string("id") ?? ""), "type": "function",
        "function": ["name": .string(name), "arguments": .string(arguments.text)],
      ])
    case "tool_result":
      var message = ChatMessage(role: "tool", content: try MessagesContent(block, "content")?.text ?? "")
      message.fields["tool_call_id"] = try block.string("tool_use_id").map { .string($0) }
      results.append(message)
    case nil: throw block.invalid("type", "is missing")
    default:
      throw block.invalid(
        "type", "must be text, thinking, tool_use or tool_result: this model accepts text only")
    }
  }

  /// As a chat's messages: results come before the text that was sent along.
  func messages(role: String) -> [ChatMessage] {
    var message = ChatMessage(role: role, content: text.isEmpty && !calls.isEmpty ? nil : text)
    if !thoughts.isEmpty { message.fields["reasoning_content"] = .string(thoughts) }
    if !calls.isEmpty { message.fields["tool_calls"] = .array(calls) }
    return results + (results.isEmpty || !text.isEmpty ? [message] : [])
  }
}
