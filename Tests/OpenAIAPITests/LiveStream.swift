import Fixtures
import OpenAIAPI
import TestTraits
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
    try await server.whileServing { port in
      let head =
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n"
      let request = Array(head.utf8) + Array(body.utf8)
      return await OwnThread.run { read(port: port, request: request, until: isEnough) }
    }
  }

  private static func read(
    port: UInt16, request: [UInt8], until isEnough: ([UInt8]) -> Bool
  ) -> [UInt8]? {
    guard let connection = RawConnection(port: port), connection.send(request) else { return nil }
    var received: [UInt8] = []
    while true {
      if isEnough(received) { return received }
      let piece = connection.receive()
      guard !piece.isEmpty else { return received }
      received += piece
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
