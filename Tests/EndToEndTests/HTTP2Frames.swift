/// Frames as a client of HTTP/2 sends them (RFC 9113), for clients that no library would be.
enum HTTP2Frames {
  /// What a connection begins with, and settings of the client's own: none.
  static let opening = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, stream: 0, [])

  /// A whole GET request, in as many frames as it takes.
  /// - Parameter more: a header beside those of every request; its name in lower case.
  static func get(_ path: String, stream: UInt32, more: (name: String, value: String)? = nil) -> [UInt8] {
    // RFC 7541's static table has 2 for GET, 7 for https, 4 for :path and 1 for :authority.
    var block: [UInt8] = [0x82, 0x87, 0x04] + text(path) + [0x01] + text("localhost")
    if let more { block += [0x00] + text(more.name) + text(more.value) }
    let parts = stride(from: 0, to: block.count, by: 16384).map { Array(block[$0..<min($0 + 16384, block.count)]) }
    return parts.enumerated().flatMap { index, part in
      // The first is of headers and ends the request, the others continue it; the last ends the headers.
      let flags: UInt8 = (index == 0 ? 1 : 0) + (index == parts.count - 1 ? 4 : 0)
      return frame(index == 0 ? 1 : 9, flags: flags, stream: stream, part)
    }
  }

  /// Takes a request back.
  static func reset(stream: UInt32) -> [UInt8] { frame(3, stream: stream, bytes(8)) }

  /// The frames that a server sent: their types, streams, and what they hold.
  static func read(_ bytes: [UInt8]) -> [(type: UInt8, stream: UInt8, payload: [UInt8])] {
    var (frames, rest): ([(type: UInt8, stream: UInt8, payload: [UInt8])], ArraySlice<UInt8>) = ([], bytes[...])
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      frames.append((head[3], head[8], Array(rest.dropFirst(9).prefix(length))))
      rest = rest.dropFirst(9 + length)
    }
    return frames
  }

  private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    bytes(UInt32(payload.count)).dropFirst() + [type, flags] + bytes(stream) + payload
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  /// Without Huffman's code; of a length from 127 on, the rest is in 7 bits a byte.
  private static func text(_ text: String) -> [UInt8] {
    guard text.utf8.count >= 127 else { return [UInt8(text.utf8.count)] + Array(text.utf8) }
    var (size, rest): ([UInt8], Int) = ([127], text.utf8.count - 127)
    while rest >= 128 {
      size.append(UInt8(rest % 128 + 128))
      rest /= 128
    }
    return size + [UInt8(rest)] + Array(text.utf8)
  }
}
