import Hummingbird

/// Rejects requests without a configured key.
struct KeyCheck: RouterMiddleware {
  let keys: APIKeys
  /// Plain paths that need none.
  let openPaths: Set<String>
  let allowances: KeyAllowances

  func handle(
    _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    guard !keys.isEmpty, !openPaths.contains(RequestPath.plain(request.uri.path)) else {
      return try await next(request, context)
    }
    guard let given = Self.bearer(request.headers[.authorization]) ?? request.headers[.apiKey] else {
      throw APIError.unauthorized(
        "This server requires an API key: send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.")
    }
    guard let place = keys.place(of: given) else { throw APIError.unauthorized("The API key is not valid.") }
    // What only asks how things are is not counted.
    if request.method == .post { try allowances.admit(key: place) }
    var context = context
    context.apiKey = place
    return try await next(request, context)
  }

  /// The key of an `Authorization` header; blanks and tabs around it do not count.
  private static func bearer(_ header: String?) -> String? {
    guard let header, header.prefix(6).lowercased() == "bearer" else { return nil }
    let key = header.dropFirst(6).drop { $0 == " " || $0 == "\t" }
    // Something must separate the two.
    return key.isEmpty || key.startIndex == header.index(header.startIndex, offsetBy: 6) ? nil : String(key)
  }
}

/// The configured API keys.
struct APIKeys: Sendable {
  private let keys: [[UInt8]]

  init(_ keys: [String]) { self.keys = keys.map { Array($0.utf8) } }

  var isEmpty: Bool { keys.isEmpty }

  /// Which key it is, from 1; nil for none. Compares every byte of every key, so that timing reveals no part of a key.
  /// (The lengths of keys are not protected.)
  func place(of guess: String) -> Int? {
    let guess = Array(guess.utf8)
    var found = 0
    for (place, key) in keys.enumerated() {
      var difference: UInt8 = key.count == guess.count ? 0 : 1
      for (index, byte) in key.enumerated() {
        difference |= byte ^ (guess.isEmpty ? 0 : guess[index % guess.count])
      }
      if difference == 0 { found = place + 1 }
    }
    return found > 0 ? found : nil
  }
}
