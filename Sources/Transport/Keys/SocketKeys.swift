import Synchronization

/// How a socket's connections are encrypted, and which peers it admits.
package enum SocketKeys: Sendable {
  /// No encryption: for `inproc`, `ipc` and loopback, or where the operator allows it.
  case none
  /// The listening side: peers prove their keys, and `admits` decides.
  ///
  /// The loop's thread calls it at every handshake and again for every message, so that a peer that is no longer
  /// admitted is no longer heard. It must be short.
  case accepting(own: KeyPair, refusal: Refusal = .final, admits: @Sendable (PublicKey) -> Bool)
  /// The connecting side: proves its own key, and connects only to the holder of the server's key.
  case presenting(own: KeyPair, server: PublicKey)

  /// The answer to a peer that is not admitted.
  package enum Refusal: Sendable {
    /// It will never be admitted, and must give up.
    case final
    /// It may be admitted a moment later, and retries by itself.
    case forNow
  }

  var areSet: Bool {
    if case .none = self { false } else { true }
  }
}

/// The keys that a socket admits now. Any thread.
package final class AllowedKeys: Sendable {
  private let keys = Mutex<Set<PublicKey>>([])

  package init() {}

  /// Admits only these from now on.
  package func admitOnly(_ keys: Set<PublicKey>) {
    self.keys.withLock { $0 = keys }
  }

  package func admits(_ key: PublicKey) -> Bool {
    keys.withLock { $0.contains(key) }
  }
}
