/// One message: frames that arrive together or not at all.
package struct Message: Sendable {
  package var frames: [Frame]
  /// The sender's key, proved by its connection; nil on sockets without keys, and on messages to send.
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

/// The other end of one connection of a router socket. A peer that reconnects has another id.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
  /// ZeroMQ's routing id. The router chooses it unless the peer does, so it does not prove an identity.
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  package var description: String {
    "peer " + bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}

/// One socket of a loop, unique in the process.
package struct SocketID: Hashable, Sendable {
  let rawValue: UInt64
}

/// A change of a connection.
package enum PeerEvent: Hashable, Sendable {
  /// The handshake is done: messages can flow.
  case connected
  /// The connection is lost. A connecting socket retries by itself. On router sockets with the peer, if it ever sent a
  /// message.
  case disconnected(PeerID?)
  /// The peer does not speak the protocol, or has the wrong keys.
  case handshakeFailed
  /// The other side knows this side's key, and does not admit it.
  case refused
  /// A bound socket at its limit of connections closed a new one.
  case turnedAway
}

/// A message that was not delivered, and why.
package struct MessageDrop: Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    /// The peer is not connected (any more).
    case unroutable
    /// The peer does not read its messages: its high-water mark is reached.
    case peerIsFull
    /// Received with more frames, or more bytes in all, than the specification allows.
    case tooLong
    /// Received from a peer that is not, or no longer, admitted.
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
