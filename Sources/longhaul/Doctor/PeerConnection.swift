/// A connection between two ends of `doctor`: lines and bytes.
final class PeerConnection {
  /// The other end said something else than agreed, or ended.
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  let socket: TCPSocket
  private var waiting: [UInt8] = []

  init(_ socket: TCPSocket) { self.socket = socket }

  func write(line: String) throws { try socket.send(Array((line + "\n").utf8)) }

  /// Nil at the end of the connection.
  func readLine() throws -> String? {
    while true {
      if let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
        defer { waiting.removeFirst(end + 1) }
        return String(decoding: waiting[..<end], as: UTF8.self)
      }
      guard waiting.count <= PeerRequest.maximumLineByteCount else { throw Broken(description: "it sends no lines") }
      let part = try socket.receive(1 << 16)
      guard !part.isEmpty else { return nil }
      waiting += part
    }
  }

  /// At least one byte and at most so many.
  func readSome(_ count: Int) throws -> [UInt8] {
    if waiting.isEmpty { waiting = try socket.receive(min(count, 1 << 18)) }
    guard !waiting.isEmpty else { throw Broken(description: "it closed the connection") }
    let part = Array(waiting.prefix(count))
    waiting.removeFirst(part.count)
    return part
  }
}
