import Hummingbird

/// Where the time of one request went.
struct TraceRoutes: Sendable {
  /// Given a request's id and the place of its key; nil for a request that is unknown.
  let trace: @Sendable (_ id: String, _ key: Int) -> (any Encodable & Sendable)?

  var routes: [Route] {
    [
      .get("trace/**") { _, context in
        // An id may hold slashes.
        let id = context.parameters.getCatchAll().joined(separator: "/")
        let names = [id, RequestPath.percentDecoded(id)].compactMap { $0 }
        guard let report = names.lazy.compactMap({ trace($0, context.apiKey) }).first else {
          throw APIError(
            status: .notFound, type: "invalid_request_error", code: "request_not_found",
            message: "No request with this X-Request-Id runs here, or is among the last that ended.")
        }
        var response = JSONBody.response(report)
        response.headers[.cacheControl] = "no-store"
        return response
      }
    ]
  }
}
