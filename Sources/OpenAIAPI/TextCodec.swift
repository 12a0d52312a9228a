package import ChatTemplates
package import Inference

/// Turns text into ids and back for the served model: all that the API knows of tokenizers and chat
/// templates.
///
/// Called from request tasks at once; a conformer is immutable.
package protocol TextCodec: Sendable {
  /// Ids of a plain prompt, begin token included where the model wants one.
  func encode(prompt: String) throws -> [TokenID]
  /// Ids of a text that continues another: no begin token.
  func encode(continuation: String) throws -> [TokenID]
  /// Ids of a conversation, rendered with the model's chat template and ready for the answer. Throws where
  /// the template refuses the messages; the text is for the client.
  func encode(chat: ChatPrompt) throws -> [TokenID]
  /// What turns an answer's ids into text, ending it before the first of `stopStrings`.
  func makeDecoder(stopStrings: [String]) -> any TextDecoder
  /// Ids that end an answer: end of text, end of turn, end of message.
  var endTokens: Set<TokenID> { get }
  /// The bytes a token stands for, special ones by their spelling; possibly part of a code point.
  func spelling(of token: TokenID) -> [UInt8]
  /// What clients with code of their own for prompts want to know.
  var facts: TokenizerFacts { get }
}

/// An answer's text as it grows. Never gives part of a code point, nor text that may still become a stop
/// string.
package protocol TextDecoder: Sendable {
  mutating func append(_ token: TokenID) -> DecodedText
  /// Gives what was held back. Nothing is appended afterwards.
  mutating func finish() -> DecodedText
}

/// Text that can be shown.
package struct DecodedText: Hashable, Sendable {
  package var text: String
  /// A stop string was met: `text` ends before it, and nothing follows.
  package var isStopped: Bool

  package init(text: String, isStopped: Bool = false) {
    self.text = text
    self.isStopped = isStopped
  }
}

/// A conversation to be put through the chat template.
package struct ChatPrompt: Hashable, Sendable {
  /// Roles are `system` (also for `developer`), `user`, `assistant` and `tool`; text parts are joined.
  package var messages: [ChatMessage]
  /// Whether the template opens the assistant's turn.
  package var addsGenerationPrompt = true
  /// The client's `chat_template_kwargs`, by the names templates use.
  package var templateVariables: [String: ChatValue] = [:]

  package init(messages: [ChatMessage]) { self.messages = messages }
}

/// What a tokenizer says of itself.
package struct TokenizerFacts: Hashable, Sendable {
  /// Spellings of the tokens that begin and end a text; nil where there is none.
  package var beginToken: String?
  package var endToken: String?
  /// The chat template's source; nil where the model has none of its own.
  package var chatTemplate: String?

  package init(beginToken: String?, endToken: String?, chatTemplate: String?) {
    self.beginToken = beginToken
    self.endToken = endToken
    self.chatTemplate = chatTemplate
  }
}
