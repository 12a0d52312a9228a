import Hummingbird

/// One path of the API, with what answers it.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response

  let method: HTTPRequest.Method
  /// Components without slashes at the ends; a last `**` stands for any further ones.
  let path: String
  /// Whether it answers without a key.
  let isOpen: Bool
  let handler: Handler

  static func get(_ path: String, isOpen: Bool = false, _ handler: @escaping Handler) -> Route {
    Route(method: .get, path: path, isOpen: isOpen, handler: handler)
  }

  static func delete(_ path: String, _ handler: @escaping Handler) -> Route {
    Route(method: .delete, path: path, isOpen: false, handler: handler)
  }

  static func post(_ path: String, _ handler: @escaping Handler) -> Route {
    Route(method: .post, path: path, isOpen: false, handler: handler)
  }
}

/// Which methods each path answers.
struct RouteMethods: Sendable {
  private struct Pattern: Sendable {
    let components: [Substring]
    let methods: Set<String>

    /// A component with a colon stands for any one, a last `**` for one or more.
    func matches(_ path: [Substring]) -> Bool {
      let isOpen = components.last == "**"
      guard isOpen ? path.count >= components.count : path.count == components.count else { return false }
      return zip(components, path).allSatisfy { $0 == "**" || $0.hasPrefix(":") || $0 == $1 }
    }
  }

  private let patterns: [Pattern]

  init(_ routes: [Route]) {
    patterns = routes.map { route in
      // The router answers HEAD wherever there is GET.
      let methods: Set<String> = route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue]
      return Pattern(components: route.path.split(separator: "/"), methods: methods)
    }
  }

  /// Sorted; empty for a path that no route has.
  func methods(of path: String) -> [String] {
    let components = RequestPath.plain(path).split(separator: "/")
    return patterns.filter { $0.matches(components) }.reduce(into: Set()) { $0.formUnion($1.methods) }.sorted()
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
