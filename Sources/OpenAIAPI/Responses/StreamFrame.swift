import Hummingbird

/// An element of a stream of events; each ends with an empty line.
enum StreamFrame: Sendable {
  /// JSON without line breaks.
  case data([UInt8])
  /// The same under a name, by which some clients tell events apart.
  case event(String, [UInt8])
  /// JSON on a line of its own, in streams that are no events.
  case line([UInt8])
  /// A comment, which clients ignore; keeps the connection alive.
  case comment(String)
  /// The end of a successful stream.
  case done

  var buffer: ByteBuffer {
    switch self {
    case .data(let json): Self.buffer("data: ", json, "\n\n")
    case .event(let name, let json): Self.buffer("event: \(name)\ndata: ", json, "\n\n")
    case .line(let json): Self.buffer("", json, "\n")
    case .comment(let text): ByteBuffer(string: ": \(text)\n\n")
    case .done: ByteBuffer(string: "data: [DONE]\n\n")
    }
  }

  private static func buffer(_ before: String, _ json: [UInt8], _ after: String) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(before.utf8.count + json.count + after.utf8.count)
    buffer.writeString(before)
    buffer.writeBytes(json)
    buffer.writeString(after)
    return buffer
  }

  /// Of a stream of events.
  static let eventHeaders: HTTPFields = [
    .contentType: "text/event-stream", .cacheControl: "no-cache", .xAccelBuffering: "no",
  ]
  /// Of a stream of lines.
  static let lineHeaders: HTTPFields = [
    .contentType: "application/x-ndjson", .cacheControl: "no-cache", .xAccelBuffering: "no",
  ]
}
