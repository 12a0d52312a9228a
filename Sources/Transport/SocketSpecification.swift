/// Everything about a socket that is fixed when it is opened.
package struct SocketSpecification: Sendable {
  package enum Kind: Sendable, Hashable {
    /// Many peers, each addressed by its `PeerID`.
    case router
    /// One router, both directions.
    case dealer
    /// Sends only, to all connected peers in turn.
    case push
    /// Receives only, from all connected peers.
    case pull
  }

  package enum Role: Sendable, Hashable {
    case bind(Endpoint)
    case connect(Endpoint)
  }

  package var kind: Kind
  package var role: Role
  /// Bytes of one message, all frames together. A peer that sends a longer frame is disconnected.
  package var maximumMessageByteCount = 1 << 20
  /// Frames of one message.
  package var maximumFrameCount = 4
  /// Messages libzmq keeps for one peer before the outgoing queue here fills.
  package var sendHighWaterMark = 64
  /// Bytes (with a fixed cost for each message) that may wait here for a peer.
  package var maximumQueuedByteCount = 64 << 20
  /// A TCP connection is dropped when the other machine has not answered for this long; whole seconds, at least 1. A
  /// hung process on a machine that answers is found by the protocol's own heartbeats.
  package var silenceTimeout = Duration.seconds(3)
  /// The deadline of a connection's handshake.
  package var handshakeInterval = Duration.seconds(2)
  /// Maximum connections of a bound TCP socket; more are closed.
  package var maximumConnectionCount = AcceptedConnections.usualLimit
  /// How long queued messages may still be sent when the loop stops.
  package var linger = Duration.seconds(1)
  /// The keys of both ends.
  package var keys = SocketKeys.none
  /// Whether it may be bound or connected beyond loopback without keys.
  package var allowsInsecureRemote = false

  /// Whether connections are counted. The mode of an `ipc` socket's file keeps strangers out.
  var countsConnections: Bool {
    if case .bind(let endpoint) = role, case .tcp = endpoint.address { true } else { false }
  }

  /// Whether traffic would leave this machine without encryption.
  var isExposed: Bool { !endpoint.isLoopback && !keys.areSet }

  package init(kind: Kind, role: Role) {
    self.kind = kind
    self.role = role
  }

  package var endpoint: Endpoint {
    switch role {
    case .bind(let endpoint), .connect(let endpoint): endpoint
    }
  }
}
