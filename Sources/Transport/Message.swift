/// What one send hands over and one receive brings: frames that travel together or not at all.
package struct Message: Sendable {
  package var frames: [Frame]
  /// Who sent it, proved by the connection's keys; nil on sockets without, and on messages to be sent.
  package internal(set) var sender: PublicKey?

  package init(frames: [Frame]) {
    self.frames = frames
  }

  /// A message of one frame.
  package init(_ bytes: [UInt8]) {
    frames = [Frame(bytes)]
  }

  package var byteCount: Int { frames.reduce(0) { $0 + $1.count } }
}

/// The other end of one connection of a router socket. A peer that reconnects has another.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
  /// ZeroMQ's routing id. Chosen by the router unless the peer asks for one, so it proves nothing about who it is.
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  package var description: String {
    "peer " + bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}

/// One socket of a loop, for the life of the process.
package struct SocketID: Hashable, Sendable {
  let rawValue: UInt64
}

/// What became of a connection.
package enum PeerEvent: Hashable, Sendable {
  /// Handshake done: messages can flow.
  case connected
  /// Gone. A connecting socket tries again by itself. On router sockets with the peer, where it ever spoke.
  case disconnected(PeerID?)
  /// Somebody who does not speak the protocol, or speaks it with the wrong keys.
  case handshakeFailed
  /// The other side knows this side's key, and does not let it in.
  case refused
  /// Somebody knocked at a bound socket that has as many connections as it may have.
  case turnedAway
}

/// A message that was not delivered, and why.
package struct MessageDrop: Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// No such peer is connected (any more).
    case unroutable
    /// The peer does not take its messages: its high-water mark is reached.
    case peerIsFull
    /// Received with more frames, or more bytes in all, than the specification allows.
    case tooLong
    /// Received from somebody who may not, or no longer, use the socket.
    case notAdmitted
    /// The socket was closed, or the loop stopped, before it could be sent.
    case closed
    /// libzmq refused it; its error number.
    case failed(Int32)
  }

  package let reason: Reason
  /// The peer, on router sockets.
  package let peer: PeerID?

  package init(reason: Reason, peer: PeerID?) {
    self.reason = reason
    self.peer = peer
  }
}
