package import ChatTemplates
package import Core

/// Encodes and decodes text for the served model: the API's view of tokenizer and chat template.
///
/// Concurrent request tasks call it; a conformer is immutable.
package protocol TextCodec: Sendable {
  /// Ids of a plain prompt, with the begin token if the model uses one.
  func encode(prompt: String) throws -> [TokenID]
  /// Ids of a text that continues another, without a begin token.
  func encode(continuation: String) throws -> [TokenID]
  /// Ids of a chat, rendered with the model's chat template.
  /// - Throws: when the template rejects the messages; the message is for the client.
  func encode(chat: ChatPrompt) throws -> [TokenID]
  /// A decoder of a completion that ends before the first of `stopStrings`.
  func makeDecoder(stopStrings: [String]) -> any TextDecoder
  /// Ids that end a completion: end of text, end of turn, end of message.
  var endTokens: Set<TokenID> { get }
  /// The bytes of a token, or its spelling if special; may be part of a code point.
  func spelling(of token: TokenID) -> [UInt8]
  /// Facts for clients that build prompts themselves.
  var facts: TokenizerFacts { get }
}

/// Decodes a completion token by token. Never returns part of a code point, or text that may become a stop string.
package protocol TextDecoder: Sendable {
  mutating func append(_ token: TokenID) -> DecodedText
  /// Returns the text held back. No append may follow.
  mutating func finish() -> DecodedText
}

/// Text ready for the client.
package struct DecodedText: Hashable, Sendable {
  package var text: String
  /// Whether a stop string occurred: `text` ends before it, and no text follows.
  package var isStopped: Bool

  package init(text: String, isStopped: Bool = false) {
    self.text = text
    self.isStopped = isStopped
  }
}

/// Facts about a tokenizer.
package struct TokenizerFacts: Hashable, Sendable {
  /// Spellings of the tokens that begin and end a text; nil when absent.
  package var beginToken: String?
  package var endToken: String?
  /// The source of the chat template; nil when the model has none.
  package var chatTemplate: String?

  package init(beginToken: String?, endToken: String?, chatTemplate: String?) {
    self.beginToken = beginToken
    self.endToken = endToken
    self.chatTemplate = chatTemplate
  }
}
