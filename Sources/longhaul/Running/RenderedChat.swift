import ChatTemplates
import Core
import OpenAIAPI
import Tokenization

/// A chat as a model reads it.
struct RenderedChat {
  let text: String
  /// Its parts, of which special tokens are parsed in the template's own.
  let segments: [TextSegment]
  let tokens: [TokenID]

  /// - Parameter description: of the model's tokenizer, with the chat template to use.
  /// - Throws: `CommandFailure` when the template cannot render the messages.
  init(_ prompt: ChatPrompt, _ tokenizer: Tokenizer, _ description: TokenizerDescription) throws {
    let parts: [ChatSegment]
    do {
      let template = try description.chatTemplate.map { try ChatTemplate(source: $0) } ?? .plain
      parts = try template.render(
        prompt, beginToken: tokenizer.beginToken.flatMap { tokenizer.spelling(of: $0) },
        endToken: description.endToken.flatMap { tokenizer.spelling(of: $0) }, date: .localNow)
    } catch {
      throw CommandFailure(.usage, "the chat template cannot render the messages: \(error)")
    }
    text = parts.map(\.text).joined()
    segments = parts.map { TextSegment($0.text, parsesSpecial: $0.isFromTemplate) }
    tokens = tokenizer.encode(segments, addingBegin: tokenizer.addsBeginToken)
  }
}
