package import Transport

/// How a coordinator proves who it is, and which workers it lets in. Nil where a cluster has no keys.
package struct CoordinatorKeys: Sendable {
  package let own: KeyPair
  /// The name of the worker that holds a key; nil for a key nobody allowed. Called on the socket thread for every
  /// message of a worker, so it must be short.
  package let workerName: @Sendable (PublicKey) -> String?

  package init(own: KeyPair, workerName: @escaping @Sendable (PublicKey) -> String?) {
    self.own = own
    self.workerName = workerName
  }
}

extension CoordinatorKeys? {
  /// Of the socket where workers register.
  var control: SocketKeys {
    map { keys in .accepting(own: keys.own, admits: { keys.workerName($0) != nil }) } ?? .none
  }

  /// Of the socket where the last stage's results are taken.
  func results(_ gate: AllowedKeys) -> SocketKeys {
    map { .accepting(own: $0.own, refusal: .forNow, admits: gate.admits) } ?? .none
  }

  /// Of a link to a worker's stage. The key is the one that the worker registered with.
  func link(to worker: PublicKey?) -> SocketKeys {
    guard let self, let worker else { return .none }
    return .presenting(own: self.own, server: worker)
  }

  /// For an assignment: empty without keys.
  var publicBytes: [UInt8] { self?.own.publicKey.bytes ?? [] }
}
