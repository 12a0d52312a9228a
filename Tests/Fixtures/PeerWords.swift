/// What peers of ZeroMQ's protocol (ZMTP) say to each other, for those who only act as one.
package enum PeerWords {
  /// The first words of all.
  /// - Parameter mechanism: at most 20 bytes of ASCII.
  package static func greeting(mechanism: String = "NULL", version: UInt8 = 3) -> [UInt8] {
    let name = Array(mechanism.utf8)
    return [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, version, 0] + name
      + [UInt8](repeating: 0, count: 20 - name.count) + [UInt8](repeating: 0, count: 32)
  }

  /// A short command, as the handshake consists of.
  package static func command(_ name: String, _ body: [UInt8]) -> [UInt8] {
    [4, UInt8(1 + name.utf8.count + body.count), UInt8(name.utf8.count)] + Array(name.utf8) + body
  }

  /// What a command says of the socket's kind.
  package static func socketType(_ kind: String) -> [UInt8] {
    [11] + Array("Socket-Type".utf8) + [0, 0, 0, UInt8(kind.utf8.count)] + Array(kind.utf8)
  }

  /// All that a peer without keys says before its messages, so that it is taken for one.
  package static func opening(as kind: String) -> [UInt8] { greeting() + command("READY", socketType(kind)) }
}
