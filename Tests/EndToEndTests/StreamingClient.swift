import Foundation
import Glibc

/// A client that reads a streamed completion off a socket, noting when every piece came. Blocking: one thread each.
struct StreamingClient {
  struct Answer {
    var body = ""
    /// When data came.
    var arrivals: [ContinuousClock.Instant] = []
    var isWhole: Bool { body.contains("data: [DONE]") }
  }

  let port: Int

  func complete(_ request: String) -> Answer {
    var answer = Answer()
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return answer }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // Nothing here may wait for ever.
    var limit = timeval(tv_sec: 90, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { return answer }
    let head =
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(request.utf8.count)\r\nConnection: close\r\n\r\n"
    let bytes = Array((head + request).utf8)
    let sent = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    guard sent == bytes.count else { return answer }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var received: [UInt8] = []
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      received += buffer[0..<count]
      if buffer[0..<count].contains(UInt8(ascii: "{")) { answer.arrivals.append(.now) }
    }
    answer.body = Self.body(of: received)
    return answer
  }

  /// The body of an answer in chunked encoding, as far as it came.
  private static func body(of received: [UInt8]) -> String {
    guard let head = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return "" }
    var rest = received[head.upperBound...]
    var body: [UInt8] = []
    while let line = rest.firstRange(of: Array("\r\n".utf8)),
      let count = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16), count > 0
    {
      body += rest[line.upperBound...].prefix(count)
      rest = rest[line.upperBound...].dropFirst(count + 2)
    }
    return String(decoding: body, as: UTF8.self)
  }
}
