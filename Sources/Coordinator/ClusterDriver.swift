import Cluster
import Core
import Logging
import Synchronization
import Transport
import Wire

/// The cluster's side of the engine: handles what workers and operators send, asks for plans, and sends workers their
/// layers.
///
/// One task, that of `run`, handles events and alone changes `DriverState`; other threads only read it. Neither the
/// planner nor the network runs under its lock.
final class ClusterDriver: Sendable {
  let configuration: ClusterConfiguration
  let logger: Logger
  let control: ControlSocket
  /// Where the last stage sends results, a port chosen by the system resolved.
  let resultEndpoint: Endpoint
  /// In a cluster with keys only the last stage's key is in it.
  let resultKeys: AllowedKeys
  let tokens: TokenPath
  let weights: WeightSharing?
  let clock: EngineClock
  let planning = PlanningQueue()
  let state: Mutex<DriverState>
  /// Answers that unreadable messages wait for.
  let strangers: InFlightLimiter
  let events: (stream: AsyncStream<DriverEvent>, sink: AsyncStream<DriverEvent>.Continuation)
  /// Readiness after every event. One consumer.
  let readiness: (stream: AsyncStream<EngineReadiness>, sink: AsyncStream<EngineReadiness>.Continuation)
  private let shutdownGrace: Duration

  static let heartbeatMilliseconds = 100

  var loop: SocketLoop { control.loop }
  var now: Duration { clock.now }

  init(
    _ configuration: ClusterConfiguration, sockets: CoordinatorSockets, tokens: TokenPath, weights: WeightSharing?,
    clock: EngineClock, logger: Logger, metrics: ClusterMetrics, shutdownGrace: Duration,
    events: (stream: AsyncStream<DriverEvent>, sink: AsyncStream<DriverEvent>.Continuation)
  ) {
    self.configuration = configuration
    self.logger = logger
    control = sockets.control
    resultEndpoint = sockets.resultEndpoint
    resultKeys = sockets.resultKeys
    strangers = sockets.strangers
    (self.tokens, self.weights, self.clock) = (tokens, weights, clock)
    self.shutdownGrace = shutdownGrace
    self.events = events
    let (changes, sink) = AsyncStream<EngineReadiness>.makeStream(bufferingPolicy: .bufferingNewest(64))
    readiness = (changes, sink)
    state = Mutex(
      DriverState(
        control: ClusterControl(
          settings: configuration.clusterSettings, planner: configuration.planner,
          // Workers may still have frames of a coordinator that ran here before.
          firstEpoch: PlanEpoch(UInt32.random(in: 1...UInt32.max / 2)), now: .zero),
        metrics: metrics))
  }

  /// Handles events until one asks to stop. Workers are asked to stop before it returns, also those that register
  /// during the shutdown.
  func run() async {
    let ticker = Task { [events] in
      while !Task.isCancelled {
        events.sink.yield(.tick)
        try? await Task.sleep(for: .milliseconds(Self.heartbeatMilliseconds))  // Ends early only when canceled.
      }
    }
    var shutdown: Shutdown?
    for await event in events.stream {
      if shutdown != nil {
        handle(event, during: &shutdown)
      } else if case .stop(let reason) = event {
        // Readiness does not change any more: an engine that is not ready looks like a failure.
        shutdown = beginShutdown(reason: reason)
      } else {
        handle(event)
        readiness.sink.yield(tokens.readiness)
      }
      if shutdown?.isOver(now: now) ?? false { break }
    }
    ticker.cancel()
    readiness.sink.finish()
  }

  func handle(_ event: DriverEvent) {
    switch event {
    case .worker(let message, let peer, let key): handle(message, from: peer, key)
    case .gone(let peer):
      if let name = state.withLock({ $0.name(of: peer) }) { apply(.linkBroke(worker: name)) }
    case .stranger(let peer, let reason):
      strangers.leave()
      logger.warning("message refused", metadata: ["reason": "\(reason)"])
      control.send(.refused(reason: reason), to: peer)
    case .stepFailed(let epoch, let reason): apply(.pipelineFailed(epoch, .stepFailed, reason: reason))
    case .stepLost(let epoch, let reason): apply(.pipelineFailed(epoch, .stepLost, reason: reason))
    case .planned(let answer): apply(.planned(answer))
    case .tick: tick()
    case .stop: break
    }
  }

  private func tick() {
    tokens.endLate()
    apply(.tick(tokens.load))
    notifyPeers()
    notifyStandbys()
    let (totals, counts, isReady) = (tokens.stageTotals, tokens.counts, tokens.readiness == .ready)
    let prefixes = tokens.prefixTotals
    state.withLock { state in
      let stages = state.control.plan?.stages.map { ($0.worker, $0.layers.count) } ?? []
      state.metrics.show(totals)
      state.metrics.show(prefixes, counts)
      state.metrics.show(
        counts, isReady: isReady, present: Set(state.peers.keys),
        layers: Dictionary(stages) { first, _ in first })
    }
  }

  /// Notifies workers that exchange weights of each other, when they have changed.
  func notifyPeers() {
    guard weights != nil else { return }
    let notices = state.withLock { $0.notices.peers($0.sharingPeers) }
    for notice in notices { control.send(notice.message, to: notice.peer) }
  }

  /// Notifies each standby once of the stages that it may get.
  private func notifyStandbys() {
    guard weights != nil else { return }
    let notices = state.withLock { $0.standbyNotices(assignments($0)) }
    for notice in notices { control.send(notice.message, to: notice.peer) }
  }

  func assignments(_ state: DriverState) -> AssignmentMaker {
    AssignmentMaker(
      configuration: configuration, resultEndpoint: resultEndpoint, peers: state.peers, servedEpoch: state.servedEpoch)
  }

  // MARK: Shutdown

  /// Ends all requests and tells the members to stop.
  private func beginShutdown(reason: String) -> Shutdown {
    tokens.stop()
    let (peers, askers, mayReturn) = state.withLock { state in
      (
        state.peers.values.map(\.id), state.drainAskers.values.flatMap { $0 },
        state.control.membership.members.contains { $0.status == .dead }
      )
    }
    for peer in peers { control.send(.shutdown(reason: reason), to: peer) }
    for asker in askers { control.send(.refused(reason: reason), to: asker) }
    return Shutdown(reason: reason, peers: Set(peers), mayReturn: mayReturn, grace: shutdownGrace, now: now)
  }

  /// Events of a shutdown change nothing, but every worker that sends a message is asked to stop.
  private func handle(_ event: DriverEvent, during shutdown: inout Shutdown?) {
    guard let reason = shutdown?.reason else { return }
    switch event {
    case .worker(.drain, let asker, _): control.send(.refused(reason: reason), to: asker)
    case .worker(.leaving, _, _): break
    case .worker(_, let peer, _):
      control.send(.shutdown(reason: reason), to: peer)
      shutdown?.notified(peer)
    case .gone(let peer): shutdown?.gone(peer)
    case .stop: shutdown?.hurry()
    case .stranger, .stepFailed, .stepLost, .planned, .tick: break
    }
  }
}
