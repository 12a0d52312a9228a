import Hummingbird

/// Lets web pages call the API: answers preflights (which carry no key) and adds CORS headers to responses.
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
  /// nil sends no CORS headers; OPTIONS requests still succeed.
  let allowedOrigin: String?

  private static var methods: String { "GET, POST, DELETE, HEAD, OPTIONS" }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response = request.method == .options ? preflight(request) : try await next(request, context)
    if let allowedOrigin {
      response.headers[.accessControlAllowOrigin] = allowedOrigin
      response.headers[.accessControlExposeHeaders] = "X-Request-Id, Retry-After"
      if allowedOrigin != "*" { response.headers[.vary] = "Origin" }
    }
    return response
  }

  private func preflight(_ request: Request) -> Response {
    var headers: HTTPFields = [.allow: Self.methods]
    if allowedOrigin != nil {
      headers[.accessControlAllowMethods] = Self.methods
      // SDKs send custom headers; all are harmless here.
      headers[.accessControlAllowHeaders] =
        request.headers[.accessControlRequestHeaders] ?? "Authorization, Content-Type"
      headers[.accessControlMaxAge] = "86400"
    }
    return Response(status: .noContent, headers: headers)
  }
}
