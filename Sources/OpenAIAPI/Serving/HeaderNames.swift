import Hummingbird

/// The header name type, which the HTTP library does not export.
typealias HeaderName = HTTPFields.Element.Name

extension HeaderName {
  static var requestID: HeaderName { name("X-Request-Id") }
  static var apiKey: HeaderName { name("x-api-key") }
  static var xAccelBuffering: HeaderName { name("X-Accel-Buffering") }

  /// - Precondition: a valid header name.
  private static func name(_ literal: String) -> HeaderName {
    guard let name = HeaderName(literal) else { preconditionFailure("\(literal) is not a header name") }
    return name
  }
}
