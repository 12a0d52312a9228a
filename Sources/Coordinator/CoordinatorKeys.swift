package import Transport

/// The coordinator's own keys, and which workers it admits. Nil in a cluster without keys.
package struct CoordinatorKeys: Sendable {
  package let own: KeyPair
  /// The name of the worker that holds a key; nil for a key that is not allowed. Called on the socket thread for every
  /// message of a worker, so it must be short.
  package let workerName: @Sendable (PublicKey) -> String?

  package init(own: KeyPair, workerName: @escaping @Sendable (PublicKey) -> String?) {
    self.own = own
    self.workerName = workerName
  }
}

extension CoordinatorKeys? {
  /// For the socket where workers register.
  var control: SocketKeys {
    map { keys in .accepting(own: keys.own, admits: { keys.workerName($0) != nil }) } ?? .none
  }

  /// For the socket that takes the last stage's results.
  func results(_ gate: AllowedKeys) -> SocketKeys {
    map { .accepting(own: $0.own, refusal: .forNow, admits: gate.admits) } ?? .none
  }

  /// For a link to a worker's stage. The key is that of the worker's registration.
  func link(to worker: PublicKey?) -> SocketKeys {
    guard let self, let worker else { return .none }
    return .presenting(own: self.own, server: worker)
  }

  /// For an assignment: empty without keys.
  var publicBytes: [UInt8] { self?.own.publicKey.bytes ?? [] }
}
