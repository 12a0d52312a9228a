import Hummingbird
import Core
import JSON

extension APIError {
  /// Maps any error of a request to the client's terms. An unknown error becomes a 500 without details.
  init(cause: any Error, promptTokenCount: Int? = nil) {
    switch cause {
    case let error as APIError: self = error
    case let error as EngineError: self.init(engine: error, promptTokenCount: promptTokenCount)
    case let error as PolicyRefusal:
      self = .contextExceeded(
        promptTokenCount: promptTokenCount ?? error.length, contextLength: error.longestLength,
        detail: error.description)
    case let error as PolicyArgumentError: self = .invalid(error.description, parameter: error.parameter?.rawValue)
    case let error as InvalidParameter: self = .invalid(error.description, parameter: error.name)
    case let error as JSONError: self = .invalid("The body is not valid JSON: \(error).", code: "invalid_json")
    case let error as HTTPError: self.init(http: error)
    case is CancellationError:
      self.init(
        status: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"),
        type: "invalid_request_error", code: "client_closed_request",
        message: "The client closed the connection.")
    default:
      self.init(
        status: .internalServerError, type: "server_error", code: "internal_error",
        message: "Internal error. The server log has the details under this request's X-Request-Id.",
        detail: "\(cause)")
    }
  }

  private init(engine error: EngineError, promptTokenCount: Int?) {
    switch error {
    case .notReady:
      self = .unavailable(error.description, code: "not_ready", retryAfterSeconds: 5)
    case .timedOut:
      self.init(
        status: .gatewayTimeout, type: "timeout_error", code: "timeout", message: error.description)
    case .overloaded, .overloadedTokens:
      self.init(
        status: .tooManyRequests, type: "rate_limit_error", code: "overloaded", message: error.description,
        retryAfterSeconds: 2)
    case .contextExceeded(let length, let contextLength):
      self = .contextExceeded(
        promptTokenCount: promptTokenCount ?? length, contextLength: contextLength, detail: error.description)
    case .neverFits: self = .invalid(error.description, parameter: nil)
    case .emptyPrompt: self = .invalid(error.description, parameter: "prompt")
    case .tokenOutOfRange: self = .invalid(error.description, parameter: "prompt")
    case .failed: self = .unavailable(error.description, code: "engine_failed", retryAfterSeconds: 5)
    case .stopped: self = .unavailable(error.description, code: "stopping", retryAfterSeconds: 10)
    }
  }

  private init(http error: HTTPError) {
    switch error.status {
    case .contentTooLarge:
      self.init(
        status: error.status, type: "invalid_request_error", code: "request_too_large",
        message: "The request body exceeds the limit of this server.")
    case .notFound:
      self.init(
        status: .notFound, type: "invalid_request_error", code: "not_found",
        message: "No such endpoint; see GET /v1/models, POST /v1/chat/completions, POST /v1/completions.")
    default:
      let type = error.status.code < 500 ? "invalid_request_error" : "server_error"
      self.init(
        status: error.status, type: type, message: error.body ?? error.status.reasonPhrase)
    }
  }
}
