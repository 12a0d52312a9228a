import Core

/// The body of `POST /tokenize`.
struct TokenizedBody: Encodable, Sendable {
  let count: Int
  let contextLength: Int
  let tokens: [TokenID]

  private enum CodingKeys: String, CodingKey {
    case count, tokens
    case contextLength = "max_model_len"
  }
}

/// The body of `POST /detokenize`.
struct DetokenizedBody: Encodable, Sendable {
  let prompt: String
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
