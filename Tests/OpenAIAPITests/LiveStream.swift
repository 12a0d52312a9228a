import Dispatch
import Glibc
import Hummingbird
import HummingbirdTesting
import OpenAIAPI
import Testing

/// A client with a bare socket, which can leave in the middle of a stream.
enum LiveStream {
  /// Posts `body`, reads until `count` events have come, and closes the connection without a word. Returns
  /// the events, fewer when the server ended first.
  static func events(_ server: OpenAIServer, _ path: String, _ body: String, until count: Int) async throws
    -> [String]
  {
    try await exchange(server, path, body) { events(in: $0).count >= count }
      .map { Array(events(in: $0).prefix(count)) } ?? []
  }

  /// Posts `body` in full before it listens, asks for the connection to be closed, and gives the answer's
  /// first line.
  static func statusLine(_ server: OpenAIServer, _ path: String, _ body: String) async throws -> String? {
    let received = try await exchange(server, path, body, header: "Connection: close\r\n") {
      $0.contains(0x0A)
    }
    return received?.split(separator: 0x0D).first.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func exchange(
    _ server: OpenAIServer, _ path: String, _ body: String, header: String = "",
    until isEnough: @escaping @Sendable ([UInt8]) -> Bool
  ) async throws -> [UInt8]? {
    try await server.makeApplication().test(.live) { live in
      let port = UInt16(clamping: try #require(live.port))
      let head =
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n"
      let request = Array(head.utf8) + Array(body.utf8)
      return await withCheckedContinuation { continuation in
        // Blocking calls would stall the few threads that run tests.
        DispatchQueue.global().async {
          continuation.resume(returning: read(port: port, request: request, until: isEnough))
        }
      }
    }
  }

  private static func read(
    port: UInt16, request: [UInt8], until isEnough: ([UInt8]) -> Bool
  ) -> [UInt8]? {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return nil }
    defer { close(socket) }
    var deadline = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0, send(socket, request, request.count, 0) == request.count else { return nil }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      if isEnough(received) { return received }
      let length = recv(socket, &buffer, buffer.count, 0)
      guard length > 0 else { return received }
      received += buffer[..<length]
    }
  }

  /// The complete events: their lines begin in a way that no header and no chunk size does.
  private static func events(in bytes: [UInt8]) -> [String] {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
    return lines.map { String(decoding: $0, as: UTF8.self) }.filter {
      $0.hasPrefix("data:") || $0.hasPrefix(":")
    }
  }
}
