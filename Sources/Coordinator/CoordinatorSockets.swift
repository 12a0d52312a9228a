import Core
import Logging
import Sockets
import Transport
import Wire

/// The coordinator's own sockets: workers register at one, the last stage sends results to the other.
struct CoordinatorSockets {
  let control: ControlSocket
  /// Where the last stage connects, a port chosen by the system resolved.
  let resultEndpoint: Endpoint
  /// Keys whose results are accepted, in a cluster with keys.
  let resultKeys: AllowedKeys
  /// Answers that unreadable messages wait for: more than a few at once are noise, and to answer each would delay the
  /// workers' heartbeats.
  let strangers: InFlightLimiter

  /// Binds both.
  /// - Parameters:
  ///   - tokens: takes results.
  ///   - weights: answers requests for weights; set after this returns.
  ///   - driver: receives all else.
  /// - Throws: `TransportError`, naming the endpoint and the remedy.
  static func open(
    _ configuration: ClusterConfiguration, loop: SocketLoop, logger: Logger, tokens: TokenPath,
    weights: ForwardReference<WeightSharing>, driver: AsyncStream<DriverEvent>.Continuation
  ) throws -> CoordinatorSockets {
    let (strangers, resultKeys, connections) = (InFlightLimiter(capacity: 32), AllowedKeys(), ConnectionLog(logger))
    let network = configuration.network
    let control = try loop.open(
      .control(at: network.control, network.access(network.keys.control)),
      onMessage: { message, peer in
        guard let peer, let frame = message.frames.first else { return }
        do {
          switch try frame.withUnsafeBytes({ try WorkerMessage(decoding: $0) }) {
          case .fetchManifest: weights.target?.sendManifest(to: peer)
          case .fetchBlock(let range): weights.target?.enqueue(range, from: peer)
          case let other: driver.yield(.worker(other, peer, message.sender))
          }
        } catch {
          if strangers.enter() { driver.yield(.stranger(peer, reason: "\(error)")) }
        }
      },
      onPeerEvent: { event in
        if case .disconnected(let peer?) = event { driver.yield(.gone(peer)) }
        connections.note(event)
      })
    // Weak, or the socket would keep its own loop.
    let result = try loop.open(
      .result(at: network.results, network.access(network.keys.results(resultKeys))),
      onMessage: { [weak tokens] message, _ in tokens?.take(message) },
      onPeerEvent: { connections.note($0) })
    return CoordinatorSockets(
      control: ControlSocket(
        loop: loop, id: control, endpoint: loop.boundEndpoint(of: control) ?? network.control,
        logger: logger),
      resultEndpoint: loop.boundEndpoint(of: result) ?? network.results,
      resultKeys: resultKeys, strangers: strangers)
  }

  /// Connects to the first stage of a plan.
  /// - Throws: `EndpointError` or `TransportError`.
  static func openFirstStage(
    _ worker: Peer, stageCount: Int, _ configuration: ClusterConfiguration, loop: SocketLoop
  ) throws -> SocketID {
    let endpoint = try Endpoint(worker.registration.dataEndpoint)
    let access = configuration.network.access(configuration.network.keys.link(to: worker.key))
    return try loop.open(.firstStage(at: endpoint, access, stageCount: stageCount)) { _, _ in }
  }
}
