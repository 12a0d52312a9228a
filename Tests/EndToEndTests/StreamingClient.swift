import Fixtures
import Foundation

/// A client that reads a streamed completion off a socket, noting when every piece came. Blocking: one thread each.
struct StreamingClient {
  struct Answer {
    var body = ""
    /// When data came.
    var arrivals: [ContinuousClock.Instant] = []
    var isWhole: Bool { body.contains("data: [DONE]") }
  }

  let port: Int

  /// - Parameter note: called with the number of data events so far, after each.
  func complete(_ request: String, note: (Int) -> Void = { _ in }) -> Answer {
    var answer = Answer()
    // Nothing here may wait for ever.
    guard let connection = RawConnection(port: UInt16(clamping: port), patience: 90) else { return answer }
    let head =
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(request.utf8.count)\r\nConnection: close\r\n\r\n"
    guard connection.send(head + request) else { return answer }
    var received: [UInt8] = []
    while case let piece = connection.receive(), !piece.isEmpty {
      received += piece
      guard piece.contains(UInt8(ascii: "{")) else { continue }
      answer.arrivals.append(.now)
      note(answer.arrivals.count)
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
