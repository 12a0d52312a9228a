import Synchronization

/// How a socket's connections are encrypted and who may be at their other end.
package enum SocketKeys: Sendable {
  /// Neither: for `inproc`, `ipc` and loopback, or where the operator says that nothing is wanted.
  case none
  /// The listening side: peers prove who they are, and only those that `admits` names get in.
  ///
  /// It is asked on the loop's thread at every handshake and again for every message, so that who is no longer admitted
  /// is no longer heard, and must be short.
  case accepting(own: KeyPair, refusal: Refusal = .final, admits: @Sendable (PublicKey) -> Bool)
  /// The connecting side: proves who it is, and speaks only to the holder of the server's key.
  case presenting(own: KeyPair, server: PublicKey)

  /// What a peer that is not admitted is told.
  package enum Refusal: Sendable {
    /// It will not be admitted: it is to give up.
    case final
    /// It may be admitted a moment later: it tries again by itself.
    case forNow
  }

  var areSet: Bool {
    if case .none = self { false } else { true }
  }
}

/// The keys that may use a socket now. Any thread.
package final class AllowedKeys: Sendable {
  private let keys = Mutex<Set<PublicKey>>([])

  package init() {}

  /// From now on only these are admitted.
  package func admitOnly(_ keys: Set<PublicKey>) {
    self.keys.withLock { $0 = keys }
  }

  package func admits(_ key: PublicKey) -> Bool {
    keys.withLock { $0.contains(key) }
  }
}
