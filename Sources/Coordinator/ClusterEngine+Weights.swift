import Cluster
import Core
import Logging
import WeightDistribution
import Synchronization
import Transport
import Wire

/// What the coordinator does about weights: it gives them out, and tells its workers of each other so that they do.
extension ClusterEngine {
  /// The counter at which workers are given parts of the model.
  static func openDesk(
    _ model: PublishedModel, _ loop: SocketLoop, control: SocketID, logger: Logger,
    engine: ForwardReference<ClusterEngine>
  ) -> BlobServer {
    BlobServer(model, logger: logger, refusalLevel: .warning) { message, peer in
      // What cannot be sent is asked for again.
      try? loop.send(message, on: control, to: peer)
      let byteCount = message.frames.dropFirst().reduce(0) { $0 + $1.count }
      if byteCount > 0 { engine.target?.state.withLock { $0.metrics.noteWeightsSent(byteCount) } }
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

  /// Tells every spare once which stages serve: it may take the place of any. Each begins with another.
  func tellExpectations() {
    guard weightDesk != nil else { return }
    let messages = state.withLock { state -> [(PeerID, CoordinatorMessage)] in
      guard case .serving = state.control.phase, let plan = state.control.plan else { return [] }
      let epoch = state.control.epoch
      if state.expectedEpoch != epoch { (state.expectedEpoch, state.toldSpares) = (epoch, [:]) }
      let spares = state.sharingPeers.filter { name, _ in
        state.control.membership[name]?.status == .alive && !plan.stages.contains { $0.worker == name }
      }
      return spares.sorted { $0.key < $1.key }.enumerated().flatMap { number, spare in
        let incarnation = spare.value.registration.incarnation
        guard state.toldSpares.updateValue(incarnation, forKey: spare.key) != incarnation else {
          return [(PeerID, CoordinatorMessage)]()
        }
        return plan.stages.indices.map { index in
          let stage = (index + number) % plan.stages.count
          return (spare.value.id, .expectStage(assignment(stage, of: plan, epoch, state)))
        }
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
