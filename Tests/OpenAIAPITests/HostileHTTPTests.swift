import Fixtures
import OpenAIAPI
import TestTraits
import Testing

/// What no client's library sends: it must neither end the server, nor pass for two requests, nor take memory.
@Suite("Hostile HTTP", .timeLimit(.minutes(5)))
struct HostileHTTPTests {
  private static let body = #"{"prompt":"x","max_tokens":1}"#
  private static let post = "POST /v1/completions HTTP/1.1\r\nHost: a\r\n"
  private static let length = "Content-Length: \(body.utf8.count)\r\n"

  private static let requests: [(name: String, text: String)] = [
    ("a length and chunks", post + length + "Transfer-Encoding: chunked\r\n\r\n" + body),
    ("two lengths", post + length + "Content-Length: 30\r\n\r\n" + body),
    ("a length with a sign", post + "Content-Length: +29\r\n\r\n" + body),
    ("a negative length", post + "Content-Length: -29\r\n\r\n" + body),
    ("a hexadecimal length", post + "Content-Length: 0x1d\r\n\r\n" + body),
    ("a length beyond all numbers", post + "Content-Length: 99999999999999999999\r\n\r\n" + body),
    ("an unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n" + body),
    ("a blank before the colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    ("a folded header", post + "X: a\r\n b\r\n" + length + "\r\n" + body),
    ("lines that end in a bare line feed", "POST /v1/completions HTTP/1.1\nHost: a\n\(length)\n\(body)"),
    ("a NUL in a name", post + length + "X\0Y: a\r\n\r\n" + body),
    ("a NUL in a value", post + length + "X: a\0b\r\n\r\n" + body),
    ("a chunk beyond all numbers", post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
    ("a chunk of no number", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ("a chunk that is longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n"),
    ("another protocol", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}\u{3}\u{3}\r\n\r\n"),
    ("another version", "GET /health HTTP/9.9\r\nHost: a\r\n\r\n"),
    (
      "thousands of headers",
      "GET /health HTTP/1.1\r\nHost: a\r\n"
        + (0..<3000).map { "X-\($0): \(String(repeating: "a", count: 300))\r\n" }.joined() + "\r\n"
    ),
    ("an endless header", "GET /health HTTP/1.1\r\nX: \(String(repeating: "a", count: 1 << 20))\r\n\r\n"),
    ("an endless path", "GET /\(String(repeating: "a", count: 1 << 20)) HTTP/1.1\r\nHost: a\r\n\r\n"),
  ]

  @Test("is rejected as the client's error, once, and the next client is served")
  func refused() async throws {
    let server = try CannedEngine.answering("x").server(APISettings())
    try await server.whileServing { port in
      for (name, text) in Self.requests {
        let answer = await OwnThread.run { Self.exchange(port, text) }
        let lines = answer.ranges(of: "HTTP/1.1 ").count
        // Where the server closes while its peer still sends, the response may be lost.
        #expect(lines <= 1, "\(name): \(answer)")
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(name): \(answer.prefix(200))")
        let next = await OwnThread.run {
          Self.exchange(port, Self.post + Self.length + "Connection: close\r\n\r\n" + Self.body)
        }
        #expect(next.hasPrefix("HTTP/1.1 200"), "after \(name): \(next.prefix(200))")
      }
    }
  }

  /// All that the server says until it hangs up.
  private static func exchange(_ port: UInt16, _ text: String) -> String {
    guard let connection = RawConnection(port: port, patience: 60) else { return "no server listens" }
    connection.send(text)
    var received: [UInt8] = []
    while case let piece = connection.receive(), !piece.isEmpty { received += piece }
    return String(decoding: received, as: UTF8.self)
  }
}
