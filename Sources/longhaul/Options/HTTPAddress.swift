import Transport

/// Where the API listens: `HOST:PORT`, an IPv6 address in brackets, with or without `http://` before it.
struct HTTPAddress: Hashable {
  /// Without brackets.
  let host: String
  let port: UInt16
  /// Whether only this machine can reach it.
  let isLoopback: Bool

  /// What is wrong with a text, as the rest of a sentence.
  struct Refusal: Error { let reason: String }

  init(_ text: String) throws(Refusal) {
    var rest = text[...]
    if let separator = text.firstRange(of: "://") {
      switch text[..<separator.lowerBound].lowercased() {
      case "http": rest = text[separator.upperBound...]
      case "https":
        throw Refusal(reason: "the API speaks plain HTTP: write HOST:PORT, and let a proxy speak TLS before it")
      case let scheme: throw Refusal(reason: "the API speaks HTTP, not \(scheme); write HOST:PORT")
      }
      if rest.hasSuffix("/") { rest.removeLast() }
    }
    guard !rest.contains("/") else { throw Refusal(reason: "it has a path; write HOST:PORT alone") }
    guard let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") else {
      throw Refusal(reason: "the port is missing; write HOST:PORT, for example 127.0.0.1:8080")
    }
    let digits = rest[rest.index(after: colon)...]
    guard digits.allSatisfy(\.isWholeNumber), let port = UInt16(digits) else {
      throw Refusal(reason: "the port must be a number from 0 to 65535")
    }
    let endpoint: Endpoint
    do {
      endpoint = try Endpoint.tcp(host: String(rest[..<colon]), port: port)
    } catch {
      throw Refusal(reason: "\(error.reason); write HOST:PORT, or [::1]:PORT for an IPv6 address")
    }
    guard case .tcp(let host, _) = endpoint.address else { throw Refusal(reason: "it must be HOST:PORT") }
    (self.host, self.port, isLoopback) = (host, port, endpoint.isLoopback)
  }

  /// An option's value; nil without one.
  /// - Throws: `CommandFailure` with the reason.
  init?(option: String, _ text: String?) throws {
    guard let text else { return nil }
    do throws(Refusal) {
      try self.init(text)
    } catch {
      throw CommandFailure(.usage, "\(option) is '\(text)'; \(error.reason)")
    }
  }

  /// Whether both cannot be listened on.
  func collides(with endpoint: Endpoint) -> Bool {
    guard case .tcp(let other, let otherPort) = endpoint.address, otherPort == port, port != 0 else { return false }
    let everywhere = ["*", "0.0.0.0", "::"]
    return host == other || everywhere.contains(host) || everywhere.contains(other)
      || (isLoopback && endpoint.isLoopback)
  }
}
