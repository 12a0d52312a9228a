import Hummingbird
import JSON

/// The form of errors that a path's clients expect.
enum ErrorStyle: Sendable {
  /// `{"error":{"message","type","param","code"}}`
  case completions
  /// Anthropic's: `{"type":"error","error":{"type","message"}}`
  case messages
  /// Ollama's: `{"error":"…"}`
  case ollama

  /// - Parameter path: of a request.
  init(path: String) {
    let plain = RequestPath.plain(path)
    self =
      plain == "messages" || plain.hasPrefix("messages/") ? .messages : plain.hasPrefix("api/") ? .ollama : .completions
  }

  func body(of error: APIError) -> JSONValue {
    switch self {
    case .completions:
      var fields: JSONObject = [
        "code": error.code.map { .string($0) } ?? .null, "message": .string(error.message),
        "param": error.parameter.map { .string($0) } ?? .null, "type": .string(error.type),
      ]
      if let lengths = error.lengths {
        fields["n_prompt_tokens"] = .integer(lengths.promptTokenCount)
        fields["n_ctx"] = .integer(lengths.contextLength)
      }
      return ["error": .object(fields)]
    case .messages:
      return [
        "type": "error", "error": ["type": .string(Self.messagesType(error)), "message": .string(error.message)],
      ]
    case .ollama: return ["error": .string(error.message)]
    }
  }

  private static func messagesType(_ error: APIError) -> String {
    switch error.status.code {
    case 401: "authentication_error"
    case 404: "not_found_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 503: "overloaded_error"
    case 500...: "api_error"
    default: "invalid_request_error"
    }
  }
}
