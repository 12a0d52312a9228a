/// Tokens a request cost.
struct Usage: Encodable, Hashable, Sendable {
  var promptTokens = 0
  /// Of the prompt's, those that were computed for earlier requests.
  var cachedTokens = 0
  var completionTokens = 0

  static func + (left: Usage, right: Usage) -> Usage {
    Usage(
      promptTokens: left.promptTokens + right.promptTokens,
      cachedTokens: left.cachedTokens + right.cachedTokens,
      completionTokens: left.completionTokens + right.completionTokens)
  }

  private enum Field: String, CodingKey {
    case prompt = "prompt_tokens"
    case promptDetails = "prompt_tokens_details"
    case completion = "completion_tokens"
    case total = "total_tokens"
  }

  private enum Detail: String, CodingKey { case cached = "cached_tokens" }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(promptTokens, forKey: .prompt)
    var details = fields.nestedContainer(keyedBy: Detail.self, forKey: .promptDetails)
    try details.encode(cachedTokens, forKey: .cached)
    try fields.encode(completionTokens, forKey: .completion)
    try fields.encode(promptTokens + completionTokens, forKey: .total)
  }
}
