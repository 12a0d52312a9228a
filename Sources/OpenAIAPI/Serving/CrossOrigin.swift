import Hummingbird

/// Lets web pages call the API: answers preflights (which carry no key) and adds CORS headers to responses.
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
  let origins: AllowedOrigins

  private static var methods: String { "GET, POST, DELETE, OPTIONS" }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let origin = origins.allowed(request.headers[.origin])
    var response =
      request.method == .options ? preflight(request, isAllowed: origin != nil) : try await next(request, context)
    if origins != .none { response.headers[.vary] = "Origin" }
    if let origin {
      response.headers[.accessControlAllowOrigin] = origin
      response.headers[.accessControlExposeHeaders] = "X-Request-Id, Retry-After"
    }
    return response
  }

  /// Answered with 200: some clients take no other status for success.
  private func preflight(_ request: Request, isAllowed: Bool) -> Response {
    var headers: HTTPFields = [.allow: Self.methods]
    if isAllowed {
      headers[.accessControlAllowMethods] = Self.methods
      // SDKs send custom headers; all are harmless here.
      headers[.accessControlAllowHeaders] =
        request.headers[.accessControlRequestHeaders] ?? "Authorization, Content-Type"
      headers[.accessControlMaxAge] = "86400"
    }
    return Response(status: .ok, headers: headers)
  }
}
