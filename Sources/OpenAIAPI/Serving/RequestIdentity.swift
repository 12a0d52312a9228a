import Core
import Hummingbird
import Logging

/// Gives every request an id, in the response and all its log lines: the client's `X-Request-Id` or a new one; and the
/// client's span, where it names one.
struct RequestIdentity: RouterMiddleware {
  func handle(
    _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    let id = Self.accepted(request.headers[.requestID]) ?? Self.random()
    var context = context
    context.requestID = id
    context.traceParent = request.headers[.traceParent].flatMap { TraceParent(header: $0) }
    context.logger[metadataKey: "request"] = .string(id)
    var response = try await next(request, context)
    response.headers[.requestID] = id
    return response
  }

  /// Accepts only short ids of visible ASCII, because ids enter logs and headers.
  private static func accepted(_ id: String?) -> String? {
    guard let id, !id.isEmpty, id.utf8.count <= RequestLimits.requestIDByteCount,
      id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    return id
  }

  private static func random() -> String { RandomName.make(prefix: "req-") }
}
