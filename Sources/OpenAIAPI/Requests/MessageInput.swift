import ChatTemplates
import JSON

/// One message as clients send it: `content` a string, null, or an array of text parts.
struct MessageInput: Decodable, Sendable {
  let message: ChatMessage

  private static let roles = ["system", "user", "assistant", "tool"]

  init(from decoder: any Decoder) throws {
    let fields = try RequestFields(decoder)
    guard let given = try fields.string("role") else { throw fields.invalid("role", "is missing") }
    let role = given == "developer" ? "system" : given
    guard Self.roles.contains(role) else {
      throw fields.invalid("role", "must be one of system, developer, user, assistant, tool")
    }
    let content: ContentInput? = try fields.value("content", "a string or an array of parts")
    let calls: [JSONValue]? = try fields.value("tool_calls", "an array")
    // Only an assistant's message with tool calls may have no text.
    guard content != nil || role == "assistant" else { throw fields.invalid("content", "is missing") }
    var message = ChatMessage(role: role, content: content?.text)
    message.fields["name"] = try fields.string("name").map { .string($0) }
    message.fields["tool_call_id"] = try fields.string("tool_call_id").map { .string($0) }
    message.fields["tool_calls"] = calls.map { .array($0) }
    self.message = message
  }
}

private struct ContentInput: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {  // try?: parts are the other form
      self.text = text
    } else {
      text = try container.decode([ContentPart].self).map(\.text).joined()
    }
  }
}

private struct ContentPart: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let fields = try RequestFields(decoder)
    guard let type = try fields.string("type") else { throw fields.invalid("type", "is missing") }
    guard type == "text" else {
      throw fields.invalid("type", "must be text: this model accepts text only")
    }
    guard let text = try fields.string("text") else { throw fields.invalid("text", "is missing") }
    self.text = text
  }
}
