/// Tokens a request cost.
struct Usage: Encodable, Hashable, Sendable {
  var promptTokens = 0
  var completionTokens = 0

  static func + (left: Usage, right: Usage) -> Usage {
    Usage(
      promptTokens: left.promptTokens + right.promptTokens,
      completionTokens: left.completionTokens + right.completionTokens)
  }

  private enum Field: String, CodingKey {
    case prompt = "prompt_tokens"
    case completion = "completion_tokens"
    case total = "total_tokens"
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(promptTokens, forKey: .prompt)
    try fields.encode(completionTokens, forKey: .completion)
    try fields.encode(promptTokens + completionTokens, forKey: .total)
  }
}
