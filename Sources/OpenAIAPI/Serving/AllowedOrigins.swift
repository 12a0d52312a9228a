/// Whose web pages may call the API from a browser.
package enum AllowedOrigins: Hashable, Sendable {
  case any
  case none
  /// Those named, and with `local` those of this machine at any port.
  case these(Set<String>, local: Bool)

  /// - Parameter origins: as browsers name them, such as `https://chat.example.com`; `*` is any, `localhost` this
  ///   machine's. None allows none.
  package init(_ origins: [String]) {
    if origins.contains("*") {
      self = .any
    } else if origins.isEmpty {
      self = .none
    } else {
      self = .these(Set(origins.filter { $0 != "localhost" }), local: origins.contains("localhost"))
    }
  }

  /// What the answer to a request from `origin` allows; nil allows nothing.
  func allowed(_ origin: String?) -> String? {
    switch self {
    case .any: return origin ?? "*"
    case .none: return nil
    case .these(let origins, let local):
      guard let origin, origins.contains(origin) || (local && Self.isLocal(origin)) else { return nil }
      return origin
    }
  }

  /// The host must be this machine's name whole, not the beginning or the end of another's.
  private static func isLocal(_ origin: String) -> Bool {
    guard let scheme = ["http://", "https://"].first(where: { origin.hasPrefix($0) }) else { return false }
    let rest = origin.dropFirst(scheme.count)
    return ["localhost", "127.0.0.1", "[::1]"].contains { host in
      guard rest.hasPrefix(host) else { return false }
      let port = rest.dropFirst(host.count)
      return port.isEmpty || (port.first == ":" && port.count > 1 && port.dropFirst().allSatisfy(\.isWholeNumber))
    }
  }
}
