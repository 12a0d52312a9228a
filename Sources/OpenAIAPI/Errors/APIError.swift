package import Hummingbird

/// What a client is told when its request is not served: a status and the fields of the error body.
package struct APIError: Error, Sendable, CustomStringConvertible {
  package var status: HTTPResponse.Status
  /// OpenAI's families of errors.
  package var type: String
  /// Stable word for programs.
  package var code: String?
  /// The request field at fault, as a path (`messages[2].content`).
  package var parameter: String?
  package var message: String
  /// Sent as `Retry-After`.
  package var retryAfterSeconds: Int?
  /// Tokens asked for and tokens allowed, where that is what is wrong.
  package var lengths: ContextLengths?
  /// What really happened, where the client is not told: for the log.
  package var detail: String?

  package struct ContextLengths: Hashable, Sendable {
    package var promptTokenCount: Int
    package var contextLength: Int
  }

  package var description: String { "\(status.code) \(code ?? type): \(message)" }
}

extension APIError {
  /// 400: the request cannot be understood or obeyed.
  static func invalid(_ message: String, parameter: String? = nil, code: String? = nil) -> APIError {
    APIError(
      status: .badRequest, type: "invalid_request_error", code: code, parameter: parameter, message: message)
  }

  /// 400: more tokens than fit. The phrase is what gateways look for when they choose a longer model.
  static func contextExceeded(promptTokenCount: Int, contextLength: Int, detail: String? = nil) -> APIError {
    let message =
      detail ?? """
        This model's maximum context length is \(contextLength) tokens, but the prompt has \
        \(promptTokenCount) tokens and an answer needs room too. Please shorten the prompt.
        """
    var error = invalid(message, code: "context_length_exceeded")
    error.lengths = ContextLengths(promptTokenCount: promptTokenCount, contextLength: contextLength)
    return error
  }

  static func unknownModel(_ name: String, served: String) -> APIError {
    APIError(
      status: .notFound, type: "invalid_request_error", code: "model_not_found", parameter: "model",
      message: "The model '\(name.prefix(200))' does not exist; this server serves '\(served)'.")
  }

  static func unauthorized(_ message: String) -> APIError {
    APIError(status: .unauthorized, type: "authentication_error", code: "invalid_api_key", message: message)
  }

  static func bodyTooLarge(limit: Int) -> APIError {
    APIError(
      status: .contentTooLarge, type: "invalid_request_error", code: "request_too_large",
      message: "The request body is larger than the \(limit) bytes this server accepts.")
  }

  /// 400: the body is not sent as HTTP has it (its chunks, its coding, its length), or breaks off.
  static func unreadableBody(_ cause: any Error) -> APIError {
    var error = invalid("The request body cannot be read.", code: "unreadable_body")
    error.detail = "\(cause)"
    return error
  }

  /// 503: not now. `code` says whether waiting helps.
  static func unavailable(_ message: String, code: String, retryAfterSeconds: Int) -> APIError {
    APIError(
      status: .serviceUnavailable, type: "unavailable_error", code: code, message: message,
      retryAfterSeconds: retryAfterSeconds)
  }
}
