import ChatTemplates
import JSON

/// One message as clients send it: `content` a string, null, or an array of text parts, each a line of its own.
struct MessageInput: Sendable {
  let message: ChatMessage

  private static let roles = ["system", "user", "assistant", "tool"]

  init(_ fields: RequestFields) throws {
    guard let given = try fields.string("role") else { throw fields.invalid("role", "is missing") }
    // The answer of a call in the older form has the function's name in place of the call's id.
    let role = ["developer": "system", "function": "tool"][given] ?? given
    guard Self.roles.contains(role) else {
      throw fields.invalid("role", "must be one of system, developer, user, assistant, tool, function")
    }
    let content = try Self.content(fields)
    // Only an assistant's message with tool calls may have no text.
    guard content != nil || role == "assistant" else { throw fields.invalid("content", "is missing") }
    var message = ChatMessage(role: role, content: content)
    for name in ["name", "tool_call_id"] { message.fields[name] = try fields.string(name).map { .string($0) } }
    let thoughts = try fields.string("reasoning_content") ?? fields.string("reasoning")
    message.fields["reasoning_content"] = thoughts.map { .string($0) }
    message.fields["tool_calls"] = try Self.calls(fields).map { .array($0) }
    self.message = message
  }

  private static func content(_ fields: RequestFields) throws -> String? {
    guard let value = fields.value("content") else { return nil }
    if let text = value.string { return text }
    guard value.array != nil else { throw fields.invalid("content", "must be a string or an array of parts") }
    return try fields.objects("content", of: "parts", table: .contentPart)?.map(text).joined(separator: "\n")
  }

  private static func text(of part: RequestFields) throws -> String {
    guard let type = try part.string("type") else { throw part.invalid("type", "is missing") }
    guard ["text", "input_text", "output_text"].contains(type) else {
      throw part.invalid("type", "must be text: this model accepts text only")
    }
    guard let text = try part.string("text") else { throw part.invalid("text", "is missing") }
    return text
  }

  /// The calls of an assistant's message, also of one in the older form, which has one call and no id.
  private static func calls(_ fields: RequestFields) throws -> [JSONValue]? {
    let calls = try fields.objects("tool_calls", of: "calls", table: .messageCall)
    for call in calls ?? [] {
      guard let function = try call.object("function", table: .calledFunction) else {
        throw call.invalid("function", "is missing")
      }
      guard try function.string("name") != nil else { throw function.invalid("name", "is missing") }
    }
    if let calls { return calls.isEmpty ? nil : calls.map { .object($0.members) } }
    guard let call = try fields.object("function_call", table: .calledFunction) else { return nil }
    return [["type": "function", "function": .object(call.members)]]
  }
}
