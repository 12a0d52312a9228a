package import Hummingbird

/// The error response of a request: a status and the fields of the body.
package struct APIError: Error, Sendable, CustomStringConvertible {
  package var status: HTTPResponse.Status
  /// OpenAI's error type.
  package var type: String
  /// Stable code for programs.
  package var code: String?
  /// The request field at fault, as a path (`messages[2].content`).
  package var parameter: String?
  package var message: String
  /// Sent as `Retry-After`.
  package var retryAfterSeconds: Int?
  /// Sent as `Allow`.
  package var allowedMethods: [String] = []
  /// Requested and maximum tokens, for errors of length.
  package var lengths: ContextLengths?
  /// Details for the log that the client does not receive.
  package var detail: String?

  package struct ContextLengths: Hashable, Sendable {
    package var promptTokenCount: Int
    package var contextLength: Int
  }

  package var description: String { "\(status.code) \(code ?? type): \(message)" }
}

extension APIError {
  /// 400: the request is invalid or not supported.
  static func invalid(_ message: String, parameter: String? = nil, code: String? = nil) -> APIError {
    APIError(
      status: .badRequest, type: "invalid_request_error", code: code, parameter: parameter, message: message)
  }

  /// 400: too many tokens. Gateways match this phrase to choose a model with a longer context.
  static func contextExceeded(promptTokenCount: Int, contextLength: Int, detail: String? = nil) -> APIError {
    let message =
      detail ?? """
        The prompt is too large: it exceeds the available context size. This model's maximum context length is \
        \(contextLength) tokens, but the prompt has \(promptTokenCount) tokens and the completion needs room too. \
        Please shorten the prompt.
        """
    // LangChain sees the message alone, and looks for the code in it.
    let code = "context_length_exceeded"
    var error = invalid("\(message) (\(code))", code: code)
    // llama-server's clients tell it by its type.
    error.type = "exceed_context_size_error"
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

  /// 405: the path exists, but not for this method.
  static func methodNotAllowed(_ method: String, allowed: [String]) -> APIError {
    var error = APIError(
      status: .methodNotAllowed, type: "invalid_request_error", code: "method_not_allowed",
      message: "This path does not answer \(method.prefix(20)), but \(allowed.joined(separator: ", ")).")
    error.allowedMethods = allowed
    return error
  }

  /// 415: the body is compressed or otherwise coded.
  static func unsupportedCoding(_ coding: String) -> APIError {
    APIError(
      status: .unsupportedMediaType, type: "invalid_request_error", code: "unsupported_content_encoding",
      message: "The server reads no body with 'Content-Encoding: \(coding.prefix(50))'; send it without one.")
  }

  /// 501: the path exists, but the server was started without it.
  static var metricsOff: APIError {
    APIError(
      status: .notImplemented, type: "not_supported_error", code: "metrics_off",
      message: "This server keeps its metrics to itself; start it with --metrics.")
  }

  /// 501, likewise.
  static var slotsOff: APIError {
    APIError(
      status: .notImplemented, type: "not_supported_error", code: "slots_off",
      message: "This server does not show what runs on it; start it without --no-slots.")
  }

  /// 501: the path exists for clients of llama-server, which find out why there.
  static var slotActions: APIError {
    APIError(
      status: .notImplemented, type: "not_supported_error", code: "slot_actions_not_supported",
      message: "This server does not save, restore or erase slots: what they hold is on its workers. A prompt that "
        + "begins as an earlier one did is not computed again from there on, without being asked for.")
  }

  /// 429: the key has asked for more than its limits allow.
  static func rateLimited(_ unit: String, waitSeconds: Int) -> APIError {
    APIError(
      status: .tooManyRequests, type: "rate_limit_error", code: "rate_limit_exceeded",
      message: "This API key has asked for all the \(unit) that it may in a minute; try again in \(waitSeconds) s.",
      retryAfterSeconds: waitSeconds)
  }

  static func bodyTooLarge(limit: Int) -> APIError {
    APIError(
      status: .contentTooLarge, type: "invalid_request_error", code: "request_too_large",
      message: "The request body exceeds the limit of \(limit) bytes.")
  }

  /// 400: the body is not valid HTTP (its framing, encoding or length), or incomplete.
  static func unreadableBody(_ cause: any Error) -> APIError {
    var error = invalid("The request body is unreadable.", code: "unreadable_body")
    error.detail = "\(cause)"
    return error
  }

  /// 503: temporarily unavailable. `code` tells whether waiting helps.
  static func unavailable(_ message: String, code: String, retryAfterSeconds: Int) -> APIError {
    APIError(
      status: .serviceUnavailable, type: "unavailable_error", code: code, message: message,
      retryAfterSeconds: retryAfterSeconds)
  }
}
