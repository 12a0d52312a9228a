import ChatTemplates

/// A chat rendered in one go, for tests.
func render(
  _ source: String, _ messages: [ChatMessage] = [], generating: Bool = false, extra: [String: ChatValue] = [:]
) throws -> String {
  try segments(source, messages, generating: generating, extra: extra).map(\.text).joined()
}

func segments(
  _ source: String, _ messages: [ChatMessage] = [], generating: Bool = false, extra: [String: ChatValue] = [:]
) throws -> [ChatSegment] {
  try ChatTemplate(source: source).render(
    messages: messages, addGenerationPrompt: generating, beginToken: "<s>", endToken: "</s>", date: .fixed, extra: extra
  )
}

extension ChatMessage {
  static func system(_ content: String) -> ChatMessage { ChatMessage(role: "system", content: content) }
  static func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }
  static func assistant(_ content: String) -> ChatMessage { ChatMessage(role: "assistant", content: content) }
}
