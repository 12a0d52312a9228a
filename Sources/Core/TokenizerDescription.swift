/// All that a checkpoint says of its tokenizer, as plain values: the noun between the file reader and the tokenizers.
package struct TokenizerDescription: Sendable {
  /// GGUF's `tokenizer.ggml.model`: `llama` (SentencePiece-style) or `gpt2` (byte-level BPE).
  package var model: String
  /// GGUF's `tokenizer.ggml.pre`; empty when absent.
  package var preTokenizer: String
  /// Spelling of every token, UTF-8 bytes as stored; index is the id.
  package var tokens: [[UInt8]]
  /// Merge scores of SentencePiece-style vocabularies; empty when absent, else one a token.
  package var scores: [Float]
  /// What each token is; empty when absent (then all are normal), else one a token.
  package var kinds: [TokenKind]
  /// BPE merges in order of rank, each two pieces separated by a blank, as stored.
  package var merges: [[UInt8]]
  package var beginToken: TokenID?
  package var endToken: TokenID?
  /// Further tokens that end an answer (end of turn, end of message).
  package var otherEndTokens: [TokenID]
  package var unknownToken: TokenID?
  /// Whether the model wants its begin token before a text; nil when the file does not say.
  package var addsBeginToken: Bool?
  package var addsEndToken: Bool?
  /// Whether a blank is put before the text; nil when the file does not say.
  package var addsSpacePrefix: Bool?
  /// Jinja source of the chat template, when there is one.
  package var chatTemplate: String?
  /// What the file says and had to be left out, for people.
  package var warnings: [String] = []

  package init(
    model: String, preTokenizer: String, tokens: [[UInt8]], scores: [Float], kinds: [TokenKind], merges: [[UInt8]],
    beginToken: TokenID?, endToken: TokenID?, otherEndTokens: [TokenID], unknownToken: TokenID?,
    addsBeginToken: Bool?, addsEndToken: Bool?, addsSpacePrefix: Bool?, chatTemplate: String?
  ) {
    self.model = model
    self.preTokenizer = preTokenizer
    self.tokens = tokens
    self.scores = scores
    self.kinds = kinds
    self.merges = merges
    self.beginToken = beginToken
    self.endToken = endToken
    self.otherEndTokens = otherEndTokens
    self.unknownToken = unknownToken
    self.addsBeginToken = addsBeginToken
    self.addsEndToken = addsEndToken
    self.addsSpacePrefix = addsSpacePrefix
    self.chatTemplate = chatTemplate
  }
}

/// What a token is. Raw values are GGUF's `tokenizer.ggml.token_type`.
package enum TokenKind: Int32, Sendable {
  case normal = 1
  case unknown = 2
  case control = 3
  case userDefined = 4
  case unused = 5
  case byte = 6
}
