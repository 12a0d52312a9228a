import Cluster
import Logging
import Provisioning
import Synchronization
import Transport
import Wire

/// What the coordinator does about weights: it gives them out, and tells its workers of each other so that they do.
extension ClusterEngine {
  /// The counter at which workers are given parts of the model.
  static func openDesk(
    _ model: SharedModel, _ loop: SocketLoop, control: SocketID, logger: Logger, engine: WeakEngine
  ) -> WeightDesk {
    WeightDesk(model, logger: logger, refusalLevel: .warning) { message, peer in
      // What cannot be sent is asked for again.
      try? loop.send(message, on: control, to: peer)
      let byteCount = message.frames.dropFirst().reduce(0) { $0 + $1.count }
      if byteCount > 0 { engine.get()?.state.withLock { $0.metrics.noteWeightsSent(byteCount) } }
    }
  }

  /// Answers how far the manifest is. Socket thread.
  func tellManifest(_ peer: PeerID) {
    guard let news = configuration.sharedModel?.news else { return }
    tell(.manifest(news), peer)
  }

  /// Tells those workers that give weights to each other who they are, when that has changed.
  func tellPeers() {
    guard weightDesk != nil else { return }
    let messages = state.withLock { state -> [(PeerID, CoordinatorMessage)] in
      let sharing = state.sharingPeers
      let incarnations = sharing.mapValues { $0.registration.incarnation }
      guard incarnations != state.toldPeers else { return [] }
      state.toldPeers = incarnations
      return sharing.map { name, peer in
        let others = sharing.filter { $0.key != name }.values.map {
          WeightPeer(endpoint: $0.registration.weightsEndpoint, key: $0.key?.bytes ?? [])
        }
        return (peer.id, .peers(others))
      }
    }
    for (peer, message) in messages { tell(message, peer) }
  }
}

extension EngineState {
  /// Members that give weights to others, by name.
  fileprivate var sharingPeers: [String: Peer] {
    peers.filter { name, peer in
      !peer.registration.weightsEndpoint.isEmpty && control.membership[name].map { $0.status != .dead } ?? false
    }
  }
}
