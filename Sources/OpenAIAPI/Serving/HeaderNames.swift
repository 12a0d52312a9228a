import Hummingbird

/// The header name type, which the HTTP library does not export by itself.
typealias HeaderName = HTTPFields.Element.Name

extension HeaderName {
  static var requestID: HeaderName { name("X-Request-Id") }
  static var xAccelBuffering: HeaderName { name("X-Accel-Buffering") }

  /// The literals above are valid header names; anything else is a mistake in this file.
  private static func name(_ literal: String) -> HeaderName {
    guard let name = HeaderName(literal) else { preconditionFailure("\(literal) is no header name") }
    return name
  }
}
