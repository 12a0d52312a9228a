import Hummingbird

/// One path of the API, with what answers it.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response

  let method: HTTPRequest.Method
  /// Components without slashes at the ends; a last `**` stands for any further ones.
  let path: String
  let handler: Handler

  static func get(_ path: String, _ handler: @escaping Handler) -> Route {
    Route(method: .get, path: path, handler: handler)
  }

  static func post(_ path: String, _ handler: @escaping Handler) -> Route {
    Route(method: .post, path: path, handler: handler)
  }
}

/// Which methods each path answers.
struct RouteMethods: Sendable {
  private var exact: [String: Set<String>] = [:]
  /// By what comes before `**`, with its slash.
  private var open: [String: Set<String>] = [:]

  init(_ routes: [Route]) {
    for route in routes {
      // The router answers HEAD wherever there is GET.
      let methods: Set<String> = route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
      if route.path.hasSuffix("/**") {
        open[String(route.path.dropLast(2)), default: []].formUnion(methods)
      } else {
        exact[route.path, default: []].formUnion(methods)
      }
    }
  }

  /// Sorted; empty for a path that no route has.
  func methods(of path: String) -> [String] {
    let plain = RequestPath.plain(path)
    let matching = open.filter { plain.hasPrefix($0.key) && plain.count > $0.key.count }.map(\.value)
    return matching.reduce(exact[plain] ?? []) { $0.union($1) }.sorted()
  }
}

/// Refuses a method that the path does not answer, and names those that it does.
struct MethodCheck<Context: RequestContext>: RouterMiddleware {
  let methods: RouteMethods

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let allowed = methods.methods(of: request.uri.path)
    guard allowed.isEmpty || allowed.contains(request.method.rawValue) else {
      throw APIError.methodNotAllowed(request.method.rawValue, allowed: allowed)
    }
    return try await next(request, context)
  }
}
