/// The body of `POST /tokenize`.
struct TokenizeRequest: Decodable, Sendable {
  var prompt: String
  /// Whether the begin token is added, as in a prompt.
  var addsSpecialTokens: Bool

  init(from decoder: any Decoder) throws {
    let fields = try RequestFields(decoder)
    guard let prompt = try fields.string("prompt") else { throw fields.invalid("prompt", "is missing") }
    self.prompt = prompt
    addsSpecialTokens = try fields.flag("add_special_tokens") ?? true
  }
}

/// The body of `POST /detokenize`.
struct DetokenizeRequest: Decodable, Sendable {
  var tokens: [Int]

  init(from decoder: any Decoder) throws {
    let fields = try RequestFields(decoder)
    let tokens: [Int]? = try fields.value("tokens", "an array of token ids")
    guard let tokens else { throw fields.invalid("tokens", "is missing") }
    self.tokens = tokens
  }
}
