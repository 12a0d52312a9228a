import Hummingbird

/// An element of an event stream; each ends with an empty line.
enum ServerSentEvent: Sendable {
  /// JSON without line breaks.
  case data([UInt8])
  /// A comment, which clients ignore; keeps the connection alive.
  case comment(String)
  /// The end of a successful stream.
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
