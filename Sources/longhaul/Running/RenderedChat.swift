import ChatTemplates
import Core
import OpenAIAPI
import Tokenization

/// A chat as a model reads it.
struct RenderedChat {
  let text: String
  let tokens: [TokenID]

  /// - Parameter description: of the model's tokenizer, with the chat template to use.
  /// - Throws: `CommandFailure` when the template cannot render the messages.
  init(_ prompt: ChatPrompt, _ tokenizer: Tokenizer, _ description: TokenizerDescription) throws {
    let segments: [ChatSegment]
    do {
      let template = try description.chatTemplate.map { try ChatTemplate(source: $0) } ?? .plain
      segments = try template.render(
        prompt, beginToken: tokenizer.beginToken.flatMap { tokenizer.spelling(of: $0) },
        endToken: description.endToken.flatMap { tokenizer.spelling(of: $0) }, date: .localNow)
    } catch {
      throw CommandFailure(.usage, "the chat template cannot render the messages: \(error)")
    }
    text = segments.map(\.text).joined()
    tokens = tokenizer.encode(
      segments.map { TextSegment($0.text, parsesSpecial: $0.isFromTemplate) }, addingBegin: tokenizer.addsBeginToken)
  }
}
