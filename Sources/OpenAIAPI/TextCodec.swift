package import ChatTemplates
package import Core

/// Encodes and decodes text for the served model: the API's view of tokenizer and chat template.
///
/// Concurrent request tasks call it; a conformer is immutable.
package protocol TextCodec: Sendable {
  /// Ids of a text.
  /// - Parameters:
  ///   - addsBegin: whether the begin token comes first, if the model uses one.
  ///   - parsesControlTokens: whether spellings of control tokens become these.
  func encode(_ text: String, addsBegin: Bool, parsesControlTokens: Bool) throws -> [TokenID]
  /// Ids of a chat, rendered with the model's chat template.
  /// - Throws: when the template rejects the messages; the message is for the client.
  func encode(chat: ChatPrompt) throws -> EncodedChat
  /// A decoder of one text.
  func makeDecoder(_ options: DecodingOptions) -> any TextDecoder
  /// Ids that end a completion: end of text, end of turn, end of message.
  var endTokens: Set<TokenID> { get }
  /// The control token with this spelling; nil when the model has none.
  func controlToken(_ spelling: String) -> TokenID?
  /// The bytes of a token, or its spelling if special; may be part of a code point.
  func spelling(of token: TokenID) -> [UInt8]
  /// Facts for clients that build prompts themselves.
  var facts: TokenizerFacts { get }
}

extension TextCodec {
  /// Ids of a plain prompt: the sender controls it and may have applied a chat template already.
  func encode(prompt: String) throws -> [TokenID] { try encode(prompt, addsBegin: true, parsesControlTokens: true) }
}

/// The prompt of a chat.
package struct EncodedChat: Hashable, Sendable {
  package var tokens: [TokenID]
  package var text: String

  package init(tokens: [TokenID], text: String) {
    self.tokens = tokens
    self.text = text
  }
}

/// How tokens become a text.
package struct DecodingOptions: Hashable, Sendable {
  /// The text ends before the first of these.
  package var stopStrings: [String] = []
  /// Whether the text ends after that stop string instead.
  package var includesStopString = false
  /// Whether the tokens continue a text; otherwise the first loses the blank that some tokenizers put before a text.
  package var isContinuation = true
  /// Whether control tokens, which have no text, appear as they are spelled.
  package var spellsControlTokens = false

  package init() {}
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
  /// The stop string that occurred: `text` ends there, and no text follows.
  package var stopString: String?
  /// Unicode scalars that the token added to the text, whether they are in `text` or held back.
  package var addedCount: Int

  package init(text: String, stopString: String? = nil, addedCount: Int = 0) {
    self.text = text
    self.stopString = stopString
    self.addedCount = addedCount
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
