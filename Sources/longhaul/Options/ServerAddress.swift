/// Where a server is: `http://` or `https://HOST[:PORT][/PATH]`.
struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
  let isSecure: Bool
  /// Without brackets.
  let host: String
  let port: Int
  /// With a slash at its beginning and none at its end; empty where none is given.
  let path: String

  static func isAddress(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

  /// - Parameter text: without a scheme it is HTTP's.
  /// - Throws: `CommandFailure` that says what is wrong.
  init(_ text: String) throws {
    guard text.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0.value != 127 }) else {
      throw CommandFailure(.usage, "'\(text)' has a character that no address has")
    }
    let separator = text.firstRange(of: "://")
    let scheme = separator.map { text[..<$0.lowerBound].lowercased() } ?? "http"
    guard ["http", "https"].contains(scheme) else {
      throw CommandFailure(.usage, "'\(text)': write http://HOST:PORT or https://HOST:PORT")
    }
    isSecure = scheme == "https"
    let rest = text[(separator?.upperBound ?? text.startIndex)...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else {
      throw CommandFailure(.usage, "the address has a name or password in it; keys are passed apart")
    }
    let path = rest[authority.endIndex...]
    self.path = path.hasSuffix("/") ? String(path.dropLast()) : String(path)
    // The colon before a port comes behind the brackets of an IPv6 address.
    let bracket = authority.lastIndex(of: "]")
    let colon = authority.lastIndex(of: ":").flatMap { place in bracket.map { place > $0 } ?? true ? place : nil }
    let name = authority[..<(colon ?? authority.endIndex)]
    host = String(name.hasPrefix("[") ? name.dropFirst().dropLast() : name)
    guard !host.isEmpty else { throw CommandFailure(.usage, "'\(text)' names no host; write http://HOST:PORT") }
    guard let colon else {
      port = isSecure ? 443 : 80
      return
    }
    guard let number = UInt16(authority[authority.index(after: colon)...]) else {
      throw CommandFailure(.usage, "'\(text)': the port must be a number from 0 to 65535")
    }
    port = Int(number)
  }

  /// Where the server's OpenAI API is: `/v1` unless the address has a path.
  var apiBase: String { path.isEmpty ? "\(self)/v1" : "\(self)" }

  var description: String {
    "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
  }
}
