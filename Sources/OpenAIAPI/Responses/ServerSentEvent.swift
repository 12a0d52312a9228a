import Hummingbird

/// What an event stream carries; each ends in a blank line.
enum ServerSentEvent: Sendable {
  /// One chunk's JSON, which has no line breaks of its own.
  case data([UInt8])
  /// A line that clients skip; keeps the connection alive.
  case comment(String)
  /// The end of a stream that went well.
  case done

  var buffer: ByteBuffer {
    switch self {
    case .data(let json):
      var bytes = Array("data: ".utf8)
      bytes.reserveCapacity(json.count + 8)
      bytes += json
      bytes += [0x0A, 0x0A]
      return ByteBuffer(bytes: bytes)
    case .comment(let text): return ByteBuffer(string: ": \(text)\n\n")
    case .done: return ByteBuffer(string: "data: [DONE]\n\n")
    }
  }

  static let headers: HTTPFields = [
    .contentType: "text/event-stream", .cacheControl: "no-cache", .xAccelBuffering: "no",
  ]
}
