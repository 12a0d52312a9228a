/// All that is to be known of a socket before it is opened.
package struct SocketSpecification: Sendable {
  package enum Kind: Sendable, Hashable {
    /// Many peers, each addressed by its `PeerID`.
    case router
    /// One router, both directions.
    case dealer
    /// Sends only, in turn to all that are connected.
    case push
    /// Receives only, from all that are connected.
    case pull
  }

  package enum Role: Sendable, Hashable {
    case bind(Endpoint)
    case connect(Endpoint)
  }

  package var kind: Kind
  package var role: Role
  /// Bytes of one message, all frames together. A peer that sends a longer frame is cut off.
  package var maximumMessageByteCount = 1 << 20
  /// Frames of one message.
  package var maximumFrameCount = 4
  /// Messages libzmq keeps for one peer before the outgoing queue here fills.
  package var sendHighWaterMark = 64
  /// Bytes (and a little for each message) that may wait here because no peer takes them.
  package var maximumQueuedByteCount = 64 << 20
  /// A TCP connection whose other machine has not answered for so long is dropped; whole seconds, at least 1. A process
  /// that hangs on a machine that answers is for the messages' own heartbeats to find.
  package var silenceTimeout = Duration.seconds(3)
  /// A connection that has not said who it is by then is dropped.
  package var handshakeInterval = Duration.seconds(2)
  /// Connections that a TCP socket which is bound has at once; more are cut.
  package var maximumConnectionCount = AcceptedConnections.usualLimit
  /// How long what is queued may still be sent when the loop stops.
  package var linger = Duration.seconds(1)
  /// Who may be at the other end.
  package var keys = SocketKeys.none
  /// Whether it may be bound or connected, without keys, where other machines are.
  package var allowsInsecureRemote = false

  /// Whether connections are counted: the files of an `ipc` socket keep strangers out.
  var countsConnections: Bool {
    if case .bind(let endpoint) = role, case .tcp = endpoint.address { true } else { false }
  }

  /// Whether traffic that leaves this machine would be open to all.
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
