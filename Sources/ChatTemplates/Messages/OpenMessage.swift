import JSON

/// A chat whose last message the model continues. A mark after its text shows where the prompt ends, as transformers
/// does it: what the template writes after the mark is dropped.
struct OpenMessage {
  /// The blank tells whether the template trims texts.
  private static let mark = "CONTINUE_FINAL_MESSAGE_TAG "

  /// The messages with the mark.
  let messages: [ChatMessage]
  private let text: TracedText

  /// - Throws: when there is no text to continue.
  init(_ messages: [ChatMessage]) throws(ChatTemplateError) {
    guard var last = messages.last, let content = last.content else {
      throw ChatTemplateError(.refusedByTemplate, "the last message has no text that could be continued")
    }
    text = TracedText(content, isFromTemplate: false).trimmed()
    last.content = content + Self.mark
    self.messages = messages.dropLast() + [last]
  }

  /// A rendering up to its mark.
  func cut(_ rendered: TracedText) throws(ChatTemplateError) -> TracedText {
    var budget = StepBudget(stepCount: ChatTemplateLimits.stepCount)
    let mark = TracedText(Self.mark, isFromTemplate: false)
    guard try rendered.firstIndex(of: text, &budget) != nil,
      let place = try rendered.lastIndex(of: mark.trimmed(), &budget)
    else {
      throw ChatTemplateError(
        .refusedByTemplate, "the chat template leaves out the last message's text, so it cannot be continued")
    }
    let prompt = rendered.part(0..<place)
    let keepsBlanks = rendered.units[place...].prefix(mark.count).elementsEqual(mark.units) {
      TracedText.scalar($0) == TracedText.scalar($1)
    }
    return keepsBlanks ? prompt : prompt.trimmed(start: false, end: true)
  }
}
