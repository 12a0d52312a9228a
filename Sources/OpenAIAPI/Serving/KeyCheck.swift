import Hummingbird

/// Rejects requests without a configured key. `/health` needs none.
struct KeyCheck<Context: RequestContext>: RouterMiddleware {
  let keys: APIKeys

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard !keys.isEmpty, RequestPath.plain(request.uri.path) != "health" else {
      return try await next(request, context)
    }
    guard let given = Self.bearer(request.headers[.authorization]) ?? request.headers[.apiKey] else {
      throw APIError.unauthorized(
        "This server requires an API key: send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.")
    }
    guard keys.contain(given) else { throw APIError.unauthorized("The API key is not valid.") }
    return try await next(request, context)
  }

  /// The key of an `Authorization` header; blanks around it do not count.
  private static func bearer(_ header: String?) -> String? {
    guard let header, header.prefix(7).lowercased() == "bearer " else { return nil }
    let key = header.dropFirst(7).drop { $0 == " " }
    return key.isEmpty ? nil : String(key)
  }
}

/// The configured API keys.
struct APIKeys: Sendable {
  private let keys: [[UInt8]]

  init(_ keys: [String]) { self.keys = keys.map { Array($0.utf8) } }

  var isEmpty: Bool { keys.isEmpty }

  /// Compares every byte of every key, so that timing reveals no part of a key. (The lengths of keys are not
  /// protected.)
  func contain(_ guess: String) -> Bool {
    let guess = Array(guess.utf8)
    var found = false
    for key in keys {
      var difference: UInt8 = key.count == guess.count ? 0 : 1
      for (index, byte) in key.enumerated() {
        difference |= byte ^ (guess.isEmpty ? 0 : guess[index % guess.count])
      }
      found = (difference == 0) || found
    }
    return found
  }
}
