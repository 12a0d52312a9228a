import Hummingbird

extension APIError {
  /// The HTTP response.
  func response(_ style: ErrorStyle = .completions) -> Response {
    var response = JSONBody.response(json: style.body(of: self), status: status)
    if let retryAfterSeconds { response.headers[.retryAfter] = String(retryAfterSeconds) }
    if !allowedMethods.isEmpty { response.headers[.allow] = allowedMethods.joined(separator: ", ") }
    if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
    return response
  }
}
