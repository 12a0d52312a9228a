import Hummingbird

/// `{"error":{"message","type","param","code"}}`, the shape of every error, also inside a stream.
struct ErrorBody: Encodable, Sendable {
  let error: APIError

  private enum Key: String, CodingKey { case error }
  private enum Field: String, CodingKey {
    case message, type, param, code
    case nPromptTokens = "n_prompt_tokens"
    case nContext = "n_ctx"
  }

  func encode(to encoder: any Encoder) throws {
    var outer = encoder.container(keyedBy: Key.self)
    var fields = outer.nestedContainer(keyedBy: Field.self, forKey: .error)
    try fields.encode(error.message, forKey: .message)
    try fields.encode(error.type, forKey: .type)
    try fields.encode(error.parameter, forKey: .param)
    try fields.encode(error.code, forKey: .code)
    try fields.encodeIfPresent(error.lengths?.promptTokenCount, forKey: .nPromptTokens)
    try fields.encodeIfPresent(error.lengths?.contextLength, forKey: .nContext)
  }
}

extension APIError {
  /// The HTTP response.
  func response() -> Response {
    var response = JSONBody.response(ErrorBody(error: self), status: status)
    if let retryAfterSeconds { response.headers[.retryAfter] = String(retryAfterSeconds) }
    if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
    return response
  }
}
