import Fixtures
import OpenAIAPI
import TestTraits
import Testing

extension OpenAIServer {
  /// Serves on a free port of loopback for as long as `body` runs, which gets the port.
  func whileServing<Value: Sendable>(_ body: (UInt16) async throws -> Value) async throws -> Value {
    let (ports, listening) = AsyncStream<Int>.makeStream()
    var server = self
    server.onListening = { listening.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [server] in
        defer { listening.finish() }
        try await server.run()
      }
      defer { group.cancelAll() }
      let port = await ports.first { _ in true }
      if port == nil { try await group.next() }
      return try await body(UInt16(clamping: try #require(port)))
    }
  }

  func reply(to request: RawRequest) async throws -> Reply {
    try await whileServing { port in
      try #require(await OwnThread.run { request.response(port: port) })
    }
  }
}

/// One request and its response over a connection of their own.
struct RawRequest: Sendable {
  var method = "GET"
  var path: String
  var headers: [String: String] = [:]
  var body: String?

  /// Nil when the server says nothing that is HTTP. Blocks.
  func response(port: UInt16) -> Reply? {
    guard let connection = RawConnection(port: port) else { return nil }
    var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if body != nil || method != "GET" { head += "Content-Length: \(body?.utf8.count ?? 0)\r\n" }
    connection.send(head + "\r\n" + (body ?? ""))
    var received: [UInt8] = []
    while case let piece = connection.receive(), !piece.isEmpty { received += piece }
    return Reply(response: received)
  }
}

extension Reply {
  fileprivate init?(response: [UInt8]) {
    guard let end = response.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: response[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    let isChunked = headers["transfer-encoding"]?.lowercased() == "chunked"
    let body = isChunked ? Self.joined(chunks: response[end.upperBound...]) : Array(response[end.upperBound...])
    self.init(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
  }

  private static func joined(chunks: ArraySlice<UInt8>) -> [UInt8] {
    var rest = chunks
    var body: [UInt8] = []
    while let line = rest.firstRange(of: [0x0D, 0x0A]),
      let count = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16), count > 0
    {
      body += rest[line.upperBound...].prefix(count)
      rest = rest[line.upperBound...].dropFirst(count + 2)
    }
    return body
  }
}
