import Logging
import Provisioning
import Synchronization
import Transport
import Wire

/// A worker's place among those that give weights to each other: where it gives, and whom it may ask. One for the life
/// of a worker; any thread.
final class WeightExchange: Sendable {
  /// Where this worker gives weights; nil when it takes no part.
  let endpoint: Endpoint?
  private let configuration: WorkerConfiguration
  private let loop: SocketLoop
  private let desk: WeightDesk?
  private let gate: KeyGate
  private let peers = Mutex<[WeightPeer]>([])

  /// Binds, where the worker is to take part.
  /// - Throws: `TransportError`, naming the endpoint and the remedy.
  init(_ configuration: WorkerConfiguration, held: HeldWeights, loop: SocketLoop, logger: Logger) throws {
    self.configuration = configuration
    self.loop = loop
    let gate = KeyGate()
    self.gate = gate
    guard let wanted = configuration.weightsEndpoint else {
      (endpoint, desk) = (nil, nil)
      return
    }
    var counter = SocketSpecification(kind: .router, role: .bind(wanted))
    counter.maximumMessageByteCount = WireLimits.maximumControlByteCount
    counter.allowsInsecureRemote = configuration.allowsInsecureRemote
    // A worker may know of this one a moment before this one knows of it.
    counter.keys = configuration.keys.intake(gate)
    counter.handshakeInterval = .seconds(1)
    // What one peer has under way, and no more, waits in libzmq.
    counter.sendHighWaterMark = 32
    counter.linger = .zero
    let (turnedAway, found) = (RareNews(), ForwardReference<WeightDesk>())
    let socket = try loop.open(
      counter,
      onMessage: { message, peer in
        guard let peer, let frame = message.frames.first,
          case .fetchChunk(let range)? = try? frame.withUnsafeBytes({ try WorkerMessage(decoding: $0) })
        else { return }
        found.target?.take(range, from: peer)
      },
      onPeerEvent: { event in
        if event == .turnedAway, turnedAway.isToBeTold() { logger.warning("too many connections: one was cut") }
      })
    let desk = WeightDesk(held, logger: logger, refusalLevel: .debug) { message, peer in
      // What cannot be sent is asked for again, here or elsewhere.
      try? loop.send(message, on: socket, to: peer)
    }
    found.set(desk)
    self.desk = desk
    endpoint = loop.boundEndpoint(of: socket) ?? wanted
  }

  /// Who takes part beside this worker: from now on these may ask, and may be asked.
  func know(_ peers: [WeightPeer]) {
    gate.admitOnly(Set(peers.compactMap { PublicKey(bytes: $0.key) }))
    self.peers.withLock { $0 = peers }
  }

  /// The lines over which one stage's weights come.
  func lines() -> WeightLines {
    // In another order for every stage, so that not all begin with the same worker.
    let peers = peers.withLock { $0 }.shuffled()
    return WeightLines(
      loop: loop, coordinator: line(to: configuration.coordinator, configuration.keys.line),
      peers: peers.compactMap { peer in
        guard let endpoint = try? Endpoint(peer.endpoint), let keys = configuration.keys.line(to: peer) else {
          return nil
        }
        return line(to: endpoint, keys)
      })
  }

  func stop() { desk?.stop() }

  private func line(to endpoint: Endpoint, _ keys: SocketKeys) -> SocketSpecification {
    var line = SocketSpecification(kind: .dealer, role: .connect(endpoint))
    line.maximumMessageByteCount = WireLimits.maximumControlByteCount
    line.allowsInsecureRemote = configuration.allowsInsecureRemote
    line.keys = keys
    line.linger = .zero
    return line
  }
}
