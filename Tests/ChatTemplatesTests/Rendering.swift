import ChatTemplates
import JSON

/// A chat rendered in one go, for tests.
func render(
  _ source: String, _ messages: [ChatMessage] = [], generating: Bool = false, tools: [JSONValue] = [],
  extra: JSONObject = [:]
) throws -> String {
  try segments(source, messages, generating: generating, tools: tools, extra: extra).map(\.text).joined()
}

func segments(
  _ source: String, _ messages: [ChatMessage] = [], generating: Bool = false, tools: [JSONValue] = [],
  extra: JSONObject = [:]
) throws -> [ChatSegment] {
  var prompt = ChatPrompt(messages: messages)
  prompt.ending = generating ? .generationPrompt : .closedMessage
  prompt.tools = tools
  prompt.templateVariables = extra
  return try ChatTemplate(source: source).render(prompt, beginToken: "<s>", endToken: "</s>", date: .fixed)
}

extension ChatMessage {
  static func system(_ content: String) -> ChatMessage { ChatMessage(role: "system", content: content) }
  static func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }
  static func assistant(_ content: String) -> ChatMessage { ChatMessage(role: "assistant", content: content) }
}
