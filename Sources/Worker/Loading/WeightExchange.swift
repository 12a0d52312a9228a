import Logging
import Sockets
import Synchronization
import Transport
import WeightDistribution
import Wire

/// A worker's part in the exchange of weights: serves what it has to other workers, and knows which of them to ask. One
/// for the life of a worker; any thread.
final class WeightExchange: Sendable {
  /// Where this worker serves weights; nil when it takes no part.
  let endpoint: Endpoint?
  private let network: WorkerConfiguration.Network
  private let loop: SocketLoop
  private let server: BlobServer?
  private let gate: AllowedKeys
  private let peers = Mutex<[WeightPeer]>([])

  /// Binds, where the worker is to take part.
  /// - Throws: `TransportError`, naming the endpoint and the remedy.
  init(_ network: WorkerConfiguration.Network, blobs: LocalBlobs, loop: SocketLoop, logger: Logger) throws {
    self.network = network
    self.loop = loop
    let gate = AllowedKeys()
    self.gate = gate
    guard let wanted = network.weights else {
      (endpoint, server) = (nil, nil)
      return
    }
    let (connections, found) = (ConnectionLog(logger), ForwardReference<BlobServer>())
    let socket = try loop.open(
      .weights(at: wanted, network.access(network.keys.accepting(gate))),
      onMessage: { message, peer in
        guard let peer, let frame = message.frames.first else { return }
        switch try? frame.withUnsafeBytes({ try WorkerMessage(decoding: $0) }) {
        case .fetchBlock(let range)?: found.target?.enqueue(range, from: peer)
        case .probeLink(let byteCount)?: found.target?.answerProbe(byteCount, from: peer)
        default: break
        }
      },
      onPeerEvent: { connections.note($0) })
    let server = BlobServer(blobs, logger: logger, refusalLevel: .debug) { message, peer in
      // What cannot be sent is asked for again, here or elsewhere.
      try? loop.send(message, on: socket, to: peer)
    }
    found.set(server)
    self.server = server
    endpoint = loop.boundEndpoint(of: socket) ?? wanted
  }

  /// The other workers that take part: from now on these may ask, and may be asked.
  func update(_ peers: [WeightPeer]) {
    gate.admitOnly(Set(peers.compactMap { PublicKey(bytes: $0.key) }))
    self.peers.withLock { $0 = peers }
  }

  /// Connections over which one stage's weights come.
  func connections() -> FetchConnections {
    // In another order for every stage, so that not all begin with the same worker.
    let peers = peers.withLock { $0 }.shuffled()
    return FetchConnections(
      loop: loop, coordinator: specification(to: network.coordinator, network.keys.toCoordinator),
      peers: peers.compactMap { peer in
        guard let endpoint = try? Endpoint(peer.endpoint), let keys = network.keys.to(peer) else {
          return nil
        }
        return specification(to: endpoint, keys)
      })
  }

  /// Measures the link to another worker; nil where that is not possible. Blocks its thread for some seconds.
  /// - Throws: `Cancelled`.
  func measureLink(to peer: WeightPeer, cancellation: Cancellation) throws -> LinkFigures? {
    guard let endpoint = try? Endpoint(peer.endpoint), let keys = network.keys.to(peer) else { return nil }
    return try LinkProber(loop: loop, peer: specification(to: endpoint, keys), cancellation: cancellation).measure()
  }

  func stop() { server?.stop() }

  private func specification(to endpoint: Endpoint, _ keys: SocketKeys) -> SocketSpecification {
    .weights(to: endpoint, network.access(keys))
  }
}
