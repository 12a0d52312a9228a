import Foundation

/// A TCP connection, or a socket that takes them. Blocking, with a limit of time on each call; closed with the value.
final class TCPSocket: Sendable {
  /// Why a call failed, in the system's words.
  struct Failure: Error, CustomStringConvertible {
    let code: Int32
    var description: String { code == EAGAIN ? "no answer in time" : String(cString: strerror(code)) }
  }

  let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Connects to the first address that answers.
  convenience init(host: String, port: UInt16, seconds: Int) throws {
    self.init(
      try Self.first(host, port, flags: 0) { descriptor, address in
        Self.limit(descriptor, seconds: seconds)
        return connect(descriptor, address.ai_addr, address.ai_addrlen) == 0
      })
  }

  /// Listens; port 0 takes any.
  convenience init(listeningAt host: String, port: UInt16) throws {
    self.init(
      try Self.first(host, port, flags: AI_PASSIVE) { descriptor, address in
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        return bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 && listen(descriptor, 16) == 0
      })
  }

  /// Why an address cannot be listened on; nil where it can.
  static func listenFailure(host: String, port: UInt16) -> String? {
    do {
      _ = try TCPSocket(listeningAt: host, port: port)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func first(
    _ host: String, _ port: UInt16, flags: Int32, open: (Int32, addrinfo) -> Bool
  ) throws -> Int32 {
    var hints = addrinfo()
    (hints.ai_socktype, hints.ai_flags) = (Int32(SOCK_STREAM.rawValue), flags)
    var found: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host == "*" ? nil : host, "\(port)", &hints, &found)
    guard failure == 0 else {
      throw CommandFailure(.unavailable, "\(host) has no address: \(String(cString: gai_strerror(failure)))")
    }
    defer { freeaddrinfo(found) }
    var (next, code) = (found, ECONNREFUSED)
    while let address = next?.pointee {
      next = address.ai_next
      let descriptor = socket(address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { continue }
      if open(descriptor, address) { return descriptor }
      code = errno == EINPROGRESS ? ETIMEDOUT : errno
      close(descriptor)
    }
    throw Failure(code: code)
  }

  private static func limit(_ descriptor: Int32, seconds: Int) {
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Waits for a connection.
  /// - Parameter seconds: the limit of each of its calls.
  func accept(seconds: Int) throws -> TCPSocket {
    while true {
      let accepted = Foundation.accept(descriptor, nil, nil)
      if accepted >= 0 {
        Self.limit(accepted, seconds: seconds)
        return TCPSocket(accepted)
      }
      guard errno == EINTR || errno == ECONNABORTED else { throw Failure(code: errno) }
    }
  }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(code: errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// At most so many bytes; none at the connection's end.
  func receive(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    while true {
      let got = recv(descriptor, &bytes, count, 0)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw Failure(code: errno) }
      return Array(bytes[..<got])
    }
  }

  /// The port of this end.
  var localPort: UInt16? { Self.service(descriptor, getsockname).flatMap { UInt16($0.port) } }
  /// The numeric address of the other end.
  var peerHost: String? { Self.service(descriptor, getpeername)?.host }

  /// Bytes that a packet may have on the way to the other end, as far as the kernel knows.
  var pathByteCount: Int? {
    var (size, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
    // IP_MTU and IPV6_MTU.
    for (level, option) in [(Int32(IPPROTO_IP), Int32(14)), (Int32(IPPROTO_IPV6), Int32(24))]
    where getsockopt(descriptor, level, option, &size, &length) == 0 { return Int(size) }
    return nil
  }

  private static func service(
    _ descriptor: Int32, _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> (host: String, port: String)? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let isNamed = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        name(descriptor, address, &length) == 0
          && getnameinfo(
            address, length, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV
          )
            == 0
      }
    }
    guard isNamed else { return nil }
    func text(_ bytes: [CChar]) -> String {
      String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return (text(host), text(port))
  }
}
