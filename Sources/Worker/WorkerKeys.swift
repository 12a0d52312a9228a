package import Transport
import Wire

/// How a worker proves who it is, and how it knows the coordinator. Nil where a cluster has no keys.
package struct WorkerKeys: Sendable {
  package let own: KeyPair
  package let coordinator: PublicKey

  package init(own: KeyPair, coordinator: PublicKey) {
    self.own = own
    self.coordinator = coordinator
  }
}

extension WorkerKeys? {
  /// Of the sockets that take the previous stage's frames and other workers' requests. A worker that connects a moment
  /// before this one knows of it tries again.
  func accepting(_ gate: AllowedKeys) -> SocketKeys {
    map { .accepting(own: $0.own, refusal: .forNow, admits: gate.admits) } ?? .none
  }

  /// Of connections to the coordinator.
  var toCoordinator: SocketKeys {
    map { .presenting(own: $0.own, server: $0.coordinator) } ?? .none
  }

  /// Of a connection to another worker that serves weights; nil where its key is missing.
  func to(_ peer: WeightPeer) -> SocketKeys? {
    guard let self else { return SocketKeys.none }
    return PublicKey(bytes: peer.key).map { .presenting(own: self.own, server: $0) }
  }

  /// Of the link to the next stage or to the coordinator's results.
  func toNextStage(_ assignment: StageAssignment) throws -> SocketKeys {
    guard let self else { return .none }
    guard let next = PublicKey(bytes: assignment.links.nextKey), PublicKey(bytes: assignment.links.previousKey) != nil
    else {
      throw WorkerFailure.refused("it assigned layers without its neighbors' keys; install one release everywhere")
    }
    return .presenting(own: self.own, server: next)
  }
}
