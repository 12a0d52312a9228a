import Glibc

/// An address of a host, as a number whose first byte is the highest.
struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
  let value: UInt32

  /// Whether it can be one host's, other than this one: no loopback, group, broadcast or unspecified address.
  var isHost: Bool { ![0, 127].contains(value >> 24) && value >> 24 < 224 }

  /// The addresses of a host, by its name or as numbers; of this machine alone, or none, there are none. May ask a
  /// name server.
  static func named(_ host: String) -> [IPv4Address] {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
    defer { freeaddrinfo(found) }
    return sequence(first: found, next: { $0?.pointee.ai_next }).compactMap { entry in
      entry?.pointee.ai_addr?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        IPv4Address(value: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
      }
    }
    .filter(\.isHost)
  }

  var description: String {
    [24, 16, 8, 0].map { (shift: UInt32) in "\(value >> shift & 255)" }.joined(separator: ".")
  }
}
