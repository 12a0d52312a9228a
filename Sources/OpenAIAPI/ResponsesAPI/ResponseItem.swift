import ChatTemplates
import JSON

/// An item of an answer's output.
struct ResponseItem: Sendable {
  enum Content: Sendable {
    case message(String)
    case reasoning(String)
    case call(ToolCall, callID: String)
  }

  let id: String
  var content: Content
  /// Log-probabilities of a message's tokens, in OpenAI's form.
  var logprobs: [JSONValue] = []

  init(_ content: Content) {
    self.content = content
    let prefix =
      switch content {
      case .message: "msg_"
      case .reasoning: "rs_"
      case .call: "fc_"
      }
    id = RandomName.make(prefix: prefix)
  }

  /// - Parameter isDone: an item that has only begun has no content yet.
  func json(isDone: Bool) -> JSONValue {
    var object: JSONObject = ["id": .string(id), "status": isDone ? "completed" : "in_progress"]
    switch content {
    case .message:
      object["type"] = "message"
      object["role"] = "assistant"
      object["content"] = .array(isDone ? [part] : [])
    case .reasoning:
      object["type"] = "reasoning"
      object["summary"] = []
      object["content"] = .array(isDone ? [part] : [])
    case .call(let call, let callID):
      object["type"] = "function_call"
      object["call_id"] = .string(callID)
      object["name"] = .string(call.name)
      object["arguments"] = .string(isDone ? call.arguments : "")
    }
    return .object(object)
  }

  var isCall: Bool { if case .call = content { true } else { false } }

  var text: String {
    switch content {
    case .message(let text), .reasoning(let text): text
    case .call(let call, _): call.arguments
    }
  }

  /// The content as the part of a message or of a thought.
  var part: JSONValue { Self.part(content, text: text, logprobs: logprobs) }
  /// The same before it has a text.
  var emptyPart: JSONValue { Self.part(content, text: "", logprobs: []) }

  private static func part(_ content: Content, text: String, logprobs: [JSONValue]) -> JSONValue {
    if case .reasoning = content { return ["type": "reasoning_text", "text": .string(text)] }
    return ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": .array(logprobs)]
  }
}

extension [ResponseItem] {
  /// The output as the chat's next message.
  var message: ChatMessage {
    var (text, thoughts, calls) = ("", "", [JSONValue]())
    for item in self {
      switch item.content {
      case .message(let part): text += part
      case .reasoning(let part): thoughts += part
      case .call(let call, let callID):
        calls.append([
          "id": .string(callID), "type": "function",
          "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
        ])
      }
    }
    var message = ChatMessage(role: "assistant", content: text.isEmpty && !calls.isEmpty ? nil : text)
    if !thoughts.isEmpty { message.fields["reasoning_content"] = .string(thoughts) }
    if !calls.isEmpty { message.fields["tool_calls"] = .array(calls) }
    return message
  }
}
