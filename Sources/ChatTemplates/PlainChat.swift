/// The prompt for models that have no chat template.
enum PlainChat {
  static func segments(_ prompt: ChatPrompt) -> [ChatSegment] {
    var result: [ChatSegment] = []
    for message in prompt.messages {
      switch message.role {
      case "system": break
      case "user": result.append(ChatSegment(text: "User: ", isFromTemplate: true))
      case "assistant": result.append(ChatSegment(text: "Assistant: ", isFromTemplate: true))
      default: result.append(ChatSegment(text: message.role + ": ", isFromTemplate: false))
      }
      result.append(ChatSegment(text: message.content ?? "", isFromTemplate: false))
      result.append(ChatSegment(text: "\n", isFromTemplate: true))
    }
    switch prompt.ending {
    case .generationPrompt: result.append(ChatSegment(text: "Assistant:", isFromTemplate: true))
    case .closedMessage: break
    case .openMessage, .openMessageElseNew: _ = result.popLast()
    }
    return result.filter { !$0.text.isEmpty }
  }
}
