import Glibc

/// Where a socket listens or connects to, in ZeroMQ's spelling: `tcp://host:port`, `ipc:///path` or `inproc://name`.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// An address, by transport.
  package enum Address: Hashable, Sendable {
    /// Host is a name, an IPv4 address, or an IPv6 address without its brackets; `*` is every interface. Port 0
    /// lets the system choose and is for binding only.
    case tcp(host: String, port: UInt16)
    /// An absolute path. The socket file is readable and writable by its owner alone.
    case ipc(path: String)
    /// A name within the process.
    case inproc(name: String)
  }

  package let address: Address

  /// For addresses known to be valid.
  init(address: Address) {
    self.address = address
  }

  /// - Parameter allowsAnyHost: whether `tcp://*:port` is accepted. It listens on every interface of the machine, so
  ///   callers must ask for it.
  /// - Throws: what is wrong with the text, and the right form.
  package init(_ text: String, allowsAnyHost: Bool = false) throws(EndpointError) {
    guard let separator = text.firstRange(of: "://") else { throw EndpointError(text, Self.shapes) }
    let rest = text[separator.upperBound...]
    switch text[..<separator.lowerBound] {
    case "tcp": address = try Self.tcp(text, rest, allowsAnyHost: allowsAnyHost)
    case "ipc": address = try Self.ipc(text, rest)
    case "inproc":
      guard (1...200).contains(rest.utf8.count), rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw EndpointError(text, "the name after inproc:// must have 1 to 200 printable ASCII characters")
      }
      address = .inproc(name: String(rest))
    default: throw EndpointError(text, Self.shapes)
    }
  }

  /// A TCP endpoint. An IPv6 address may come with or without its brackets.
  /// - Throws: `EndpointError` when the host is neither a name nor an address.
  package static func tcp(host: String, port: UInt16) throws(EndpointError) -> Endpoint {
    let isBareIPv6 = host.contains(":") && !host.hasPrefix("[")
    return try Endpoint(isBareIPv6 ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)")
  }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool {
    switch address {
    case .ipc, .inproc: true
    case .tcp("localhost", _): true
    case .tcp(let host, _): Self.isLoopbackAddress(host)
    }
  }

  /// Whether the system chooses its port.
  package var hasOpenPort: Bool { if case .tcp(_, 0) = address { true } else { false } }

  package var description: String {
    switch address {
    case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    case .ipc(let path): "ipc://\(path)"
    case .inproc(let name): "inproc://\(name)"
    }
  }

  private static let shapes = "write tcp://host:port, ipc:///absolute/path or inproc://name"
  /// `sockaddr_un` holds 108 bytes, one of them the ending NUL.
  private static let maximumPathByteCount = 107

  private static func tcp(
    _ text: String, _ rest: Substring, allowsAnyHost: Bool
  ) throws(EndpointError) -> Address {
    guard let colon = rest.lastIndex(of: ":") else {
      throw EndpointError(text, "the port is missing; write tcp://host:port")
    }
    let digits = rest[rest.index(after: colon)...]
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
      throw EndpointError(text, "the port must be a number from 0 to 65535")
    }
    var host = rest[..<colon]
    if host == "*" {
      guard allowsAnyHost else {
        throw EndpointError(text, "* would listen on every interface; name the address to use, such as 127.0.0.1")
      }
      return .tcp(host: "*", port: port)
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard isIPv6(host) else { throw EndpointError(text, "the brackets must hold an IPv6 address") }
      return .tcp(host: String(host), port: port)
    }
    let isName = host.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x2D || byte == 0x2E || byte == 0x5F
    }
    guard isName, (1...253).contains(host.utf8.count) else {
      throw EndpointError(text, "the host must be a name, an IPv4 address or an IPv6 address in brackets")
    }
    return .tcp(host: String(host), port: port)
  }

  private static func ipc(_ text: String, _ path: Substring) throws(EndpointError) -> Address {
    guard path.hasPrefix("/"), path.utf8.count > 1, !path.utf8.contains(0) else {
      throw EndpointError(text, "the path must be absolute; write ipc:///absolute/path")
    }
    guard !path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw EndpointError(text, "the path has a control character, which no message between processes carries")
    }
    guard path.utf8.count <= maximumPathByteCount else {
      throw EndpointError(
        text,
        "the path has \(path.utf8.count) bytes, but a socket's may have \(maximumPathByteCount); use a shorter one")
    }
    return .ipc(path: String(path))
  }

  private static func isIPv6(_ host: Substring) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, String(host), &address) == 1
  }

  /// 127.0.0.0/8 or ::1, and no name that only starts like them.
  private static func isLoopbackAddress(_ host: String) -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
    var six = in6_addr()
    guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
    return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
  }
}

/// A text that is not an endpoint, with the reason and the right form.
package struct EndpointError: Error, Hashable, Sendable, CustomStringConvertible {
  package let text: String
  package let reason: String

  init(_ text: String, _ reason: String) {
    self.text = String(text.prefix(200))
    self.reason = reason
  }

  package var description: String { "\(text.debugDescription) is not an endpoint: \(reason)" }
}
