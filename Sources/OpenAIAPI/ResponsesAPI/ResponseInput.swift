import ChatTemplates
import JSON

/// The field `input`: a text, or items that become a chat's messages. Thoughts and calls that follow one another are
/// one message, as models wrote them.
struct ResponseInput: Sendable {
  private(set) var messages: [ChatMessage] = []
  private var thoughts = ""
  private var calls: [JSONValue] = []

  init(_ fields: RequestFields) throws {
    guard let value = fields.value("input") else { throw fields.invalid("input", "is missing") }
    if let text = value.string {
      messages = [ChatMessage(role: "user", content: text)]
      return
    }
    guard let items = try fields.objects("input", of: "items", table: ResponsesTables.item), !items.isEmpty else {
      throw fields.invalid("input", "is empty")
    }
    guard items.count <= RequestLimits.messageCount else {
      throw fields.invalid("input", "may hold at most \(RequestLimits.messageCount) items")
    }
    for item in items { try add(item) }
    close()
  }

  private mutating func add(_ item: RequestFields) throws {
    switch try item.string("type") ?? "message" {
    case "message": try addMessage(item)
    case "reasoning":
      close()
      let parts = try item.objects("content", of: "parts", table: .open) ?? []
      thoughts += try parts.compactMap { try $0.string("text") }.joined()
    case "function_call":
      guard let name = try item.string("name") else { throw item.invalid("name", "is missing") }
      calls.append([
        "id": .string(try item.string("call_id") ?? ""), "type": "function",
        "function": ["name": .string(name), "arguments": .string(try item.string("arguments") ?? "{}")],
      ])
    case "function_call_output":
      close()
      var message = ChatMessage(role: "tool", content: try Self.text(item, "output"))
      message.fields["tool_call_id"] = try item.string("call_id").map { .string($0) }
      messages.append(message)
    default:
      throw item.invalid(
        "type", "must be message, reasoning, function_call or function_call_output")
    }
  }

  private mutating func addMessage(_ item: RequestFields) throws {
    guard let given = try item.string("role") else { throw item.invalid("role", "is missing") }
    let role = given == "developer" ? "system" : given
    guard ["system", "user", "assistant"].contains(role) else {
      throw item.invalid("role", "must be system, developer, user or assistant")
    }
    let content = try Self.text(item, "content")
    if role == "assistant", calls.isEmpty {
      var message = ChatMessage(role: role, content: content)
      if !thoughts.isEmpty { message.fields["reasoning_content"] = .string(thoughts) }
      thoughts = ""
      messages.append(message)
    } else {
      close()
      messages.append(ChatMessage(role: role, content: content))
    }
  }

  /// Ends the assistant's message to which thoughts and calls belong.
  private mutating func close() {
    guard !thoughts.isEmpty || !calls.isEmpty else { return }
    // Calls belong to the text that came before them.
    let isOpen = messages.last?.role == "assistant" && messages.last?.fields["tool_calls"] == nil && thoughts.isEmpty
    var message = isOpen ? messages.removeLast() : ChatMessage(role: "assistant", content: calls.isEmpty ? "" : nil)
    if !thoughts.isEmpty { message.fields["reasoning_content"] = .string(thoughts) }
    if !calls.isEmpty { message.fields["tool_calls"] = .array(calls) }
    messages.append(message)
    (thoughts, calls) = ("", [])
  }

  private static func text(_ item: RequestFields, _ name: String) throws -> String {
    guard let value = item.value(name) else { throw item.invalid(name, "is missing") }
    if let text = value.string { return text }
    guard value.array != nil else { throw item.invalid(name, "must be a string or an array of parts") }
    return try (item.objects(name, of: "parts", table: .contentPart) ?? []).map { part in
      switch try part.string("type") {
      case "input_text", "output_text", "text":
        guard let text = try part.string("text") else { throw part.invalid("text", "is missing") }
        return text
      case "refusal": return try part.string("refusal") ?? ""
      case nil: throw part.invalid("type", "is missing")
      default: throw part.invalid("type", "must be input_text or output_text: this model accepts text only")
      }
    }.joined(separator: "\n")
  }
}
