import Core
import Foundation

/// The end of `doctor` that answers: it says which release it is, gives back bytes, and tries the way back. It holds no
/// secret, connects to no host but the one that asks, and keeps no more than a line and a piece of what it is sent.
struct PeerAnswerer {
  private static let seconds = 10

  let socket: TCPSocket

  /// Answers one host after the other, until the process ends.
  func run(tell: (String) -> Void) throws {
    while true {
      let connection = PeerConnection(try socket.accept(seconds: Self.seconds))
      tell("asked by \(connection.socket.peerHost ?? "an unknown host")")
      // A host that breaks off hurts only itself.
      do { while try answer(on: connection) {} } catch { tell("broken off: \(error)") }
    }
  }

  /// False at the end of the connection.
  private func answer(on connection: PeerConnection) throws -> Bool {
    guard let line = try connection.readLine() else { return false }
    guard let request = PeerRequest(line) else {
      throw PeerConnection.Broken(description: "it asks for what is not known")
    }
    switch request {
    case .facts:
      let facts = PeerReadings.Facts(
        version: BuildInfo.version, numerics: NumericsID.current, time: Date().timeIntervalSince1970)
      try connection.write(line: String(decoding: try JSONEncoder().encode(facts), as: UTF8.self))
    case .echo(let count):
      var left = count
      while left > 0 {
        let part = try connection.readSome(left)
        try connection.socket.send(part)
        left -= part.count
      }
    case .connect(let port):
      let host = connection.socket.peerHost ?? ""
      do {
        _ = try TCPSocket(host: host, port: port, seconds: 3)
        try connection.write(line: "ok")
      } catch {
        try connection.write(line: "failed \(error)")
      }
    }
    return true
  }
}
