import Hummingbird

/// The header name type, which the HTTP library does not export.
typealias HeaderName = HTTPFields.Element.Name

extension HeaderName {
  static var requestID: HeaderName { name("X-Request-Id") }
  static var traceParent: HeaderName { name("traceparent") }
  static var apiKey: HeaderName { name("x-api-key") }
  /// As llama-server calls it, beside its metrics.
  static var processStart: HeaderName { name("Process-Start-Time-Unix") }
  static var xAccelBuffering: HeaderName { name("X-Accel-Buffering") }
  static var contentTypeOptions: HeaderName { name("X-Content-Type-Options") }
  static var referrerPolicy: HeaderName { name("Referrer-Policy") }
  static var resourcePolicy: HeaderName { name("Cross-Origin-Resource-Policy") }

  /// - Precondition: a valid header name.
  private static func name(_ literal: String) -> HeaderName {
    guard let name = HeaderName(literal) else { preconditionFailure("\(literal) is not a header name") }
    return name
  }
}
