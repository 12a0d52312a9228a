import Hummingbird

/// The cluster as it is now: plan, workers, sequences, and the steps that the page draws.
struct ClusterRoutes: Sendable {
  /// Given the number after which completed steps are wanted.
  let status: @Sendable (_ stepsAfter: UInt64?) -> any Encodable & Sendable

  var routes: [Route] {
    [
      .get("cluster") { request, _ in
        var response = JSONBody.response(status(try Self.stepNumber(request)))
        response.headers[.cacheControl] = "no-store"
        return response
      }
    ]
  }

  private static func stepNumber(_ request: Request) throws -> UInt64? {
    guard let text = request.uri.queryParameters["steps_after"] else { return nil }
    guard let number = UInt64(text) else {
      throw APIError.invalid("steps_after must be the number of a step, 0 or more.", parameter: "steps_after")
    }
    return number
  }
}
