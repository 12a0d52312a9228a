/// The prompt for models that have no chat template.
enum PlainChat {
  static func segments(_ messages: [ChatMessage], addGenerationPrompt: Bool) -> [ChatSegment] {
    var result: [ChatSegment] = []
    for message in messages {
      switch message.role {
      case "system": break
      case "user": result.append(ChatSegment(text: "User: ", isFromTemplate: true))
      case "assistant": result.append(ChatSegment(text: "Assistant: ", isFromTemplate: true))
      default: result.append(ChatSegment(text: message.role + ": ", isFromTemplate: false))
      }
      result.append(ChatSegment(text: message.content, isFromTemplate: false))
      result.append(ChatSegment(text: "\n", isFromTemplate: true))
    }
    if addGenerationPrompt { result.append(ChatSegment(text: "Assistant:", isFromTemplate: true)) }
    return result.filter { !$0.text.isEmpty }
  }
}
