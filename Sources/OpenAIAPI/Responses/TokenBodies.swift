import Core

/// The body of `POST /tokenize`.
struct TokenizedBody: Encodable, Sendable {
  struct Entry: Sendable {
    let token: TokenID
    let bytes: [UInt8]
    /// nil where the bytes alone are no text.
    var text: String? { String(validating: bytes, as: UTF8.self) }
  }

  let contextLength: Int
  let tokens: [Entry]
  let listsPieces: Bool
  let pairsPieces: Bool

  private enum Field: String, CodingKey {
    case count, tokens
    case contextLength = "max_model_len"
    case pieces = "token_strs"
  }

  /// A token with its text, or with its bytes where they are no text, as llama-server gives them.
  private struct Pair: Encodable {
    let entry: Entry
    private enum Field: String, CodingKey { case id, piece }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(entry.token, forKey: .id)
      if let text = entry.text {
        try fields.encode(text, forKey: .piece)
      } else {
        try fields.encode(entry.bytes, forKey: .piece)
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(tokens.count, forKey: .count)
    try fields.encode(contextLength, forKey: .contextLength)
    if pairsPieces {
      try fields.encode(tokens.map(Pair.init), forKey: .tokens)
    } else {
      try fields.encode(tokens.map(\.token), forKey: .tokens)
    }
    if listsPieces {
      try fields.encode(tokens.map { String(decoding: $0.bytes, as: UTF8.self) }, forKey: .pieces)
    }
  }
}

/// The body of `POST /detokenize`: the text under vLLM's name and llama-server's.
struct DetokenizedBody: Encodable, Sendable {
  let text: String

  private enum Field: String, CodingKey { case prompt, content }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(text, forKey: .prompt)
    try fields.encode(text, forKey: .content)
  }
}

/// The body of `GET /tokenizer_info`. All fields are always present; null when the model has none.
struct TokenizerInfoBody: Encodable, Sendable {
  let facts: TokenizerFacts

  private enum Field: String, CodingKey {
    case beginToken = "bos_token"
    case endToken = "eos_token"
    case chatTemplate = "chat_template"
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(facts.beginToken, forKey: .beginToken)
    try fields.encode(facts.endToken, forKey: .endToken)
    try fields.encode(facts.chatTemplate, forKey: .chatTemplate)
  }
}
