import Core
import Logging
import Transport
import Wire

/// What a worker's service does about each event: membership (`CoordinatorLink` decides), assignments, and what its
/// threads report. Confined to `WorkerService.run`.
struct WorkerSession {
  /// How long a draining worker keeps serving.
  private static let drainTimeout = Duration.seconds(30)

  let configuration: WorkerConfiguration
  let offer: StageOffer
  let logger: Logger
  let sockets: WorkerSockets
  let exchange: WeightExchange
  let runner: StageRunner
  let loader: StageLoader
  let links: LinkSearch
  let heartbeats: HeartbeatSender
  let onStageReady: @Sendable (LayerRange, _ weightByteCount: Int, _ kvByteCount: Int) -> Void

  /// After the last event.
  private(set) var status = WorkerStatus()
  private let started = ContinuousClock.now
  private var link: CoordinatorLink
  private var epoch = PlanEpoch(0)
  /// The layers of the stage that was ready last, until another is assigned.
  private var loadedLayers: LayerRange?
  /// The link to the next stage or to the coordinator's results.
  private var next: SocketID?
  /// When a draining worker leaves even though the coordinator still needs it.
  private var drainEnd: Duration?

  init(
    _ configuration: WorkerConfiguration, offer: StageOffer, logger: Logger, sockets: WorkerSockets,
    exchange: WeightExchange, runner: StageRunner, loader: StageLoader, links: LinkSearch,
    onStageReady: @escaping @Sendable (LayerRange, _ weightByteCount: Int, _ kvByteCount: Int) -> Void
  ) {
    self.configuration = configuration
    self.offer = offer
    self.logger = logger
    self.sockets = sockets
    self.exchange = exchange
    self.runner = runner
    self.loader = loader
    self.links = links
    self.onStageReady = onStageReady
    heartbeats = HeartbeatSender { [runner, sockets] incarnation, epoch in
      let heartbeat = WorkerHeartbeat(
        incarnation: incarnation, epoch: epoch, progress: runner.progress,
        stepMilliseconds: runner.expectedStepMilliseconds)
      // A heartbeat that cannot be sent is one that is missed.
      try? sockets.send(.heartbeat(heartbeat))
    }
    link = CoordinatorLink(
      incarnation: UInt64.random(in: 1...UInt64.max), reconnectTimeout: .seconds(configuration.reconnectSeconds),
      now: .zero)
  }

  private var now: Duration { started.duration(to: .now) }

  func stop() {
    heartbeats.stop()
    links.stop()
    exchange.stop()
  }

  /// True when the worker is to leave.
  /// - Throws: `WorkerFailure`, `TransportError`.
  mutating func handle(_ event: WorkerEvent) throws -> Bool {
    defer { links.allow([.standby, .serving].contains(status.phase)) }
    switch event {
    case .coordinator(let message):
      try note(.heard)
      return try handle(message)
    case .unreadableAssignment(let epoch, let reason):
      guard link.isJoined else { break }
      try sockets.send(.stageFailed(epoch: epoch, reason: "its assignment cannot be read: \(reason)"))
    case .incompatible(let reason): throw WorkerFailure.refused(reason)
    case .connection(let event): try handle(event)
    case .stage(_, .forgotten): try note(.settled)
    case .stage(let epoch, let report): if epoch == self.epoch { try handle(report) }
    case .loader(let epoch, let report): try handle(report, of: epoch)
    case .link(let link): if self.link.isJoined { try sockets.send(.measuredLink(link)) }
    case .tick:
      try note(.tick(progress: runner.progress))
      if let drainEnd, now >= drainEnd { return try leave("it has drained long enough") }
    case .drain(let reason):
      guard link.isJoined, drainEnd == nil else { return try leave(reason) }
      drainEnd = now + Self.drainTimeout
      status.isDraining = true
      try sockets.send(.draining(reason: reason))
    case .stop(let reason): return try leave(reason)
    }
    return false
  }

  private func leave(_ reason: String) throws -> Bool {
    try sockets.send(.leaving(reason: reason))
    return true
  }

  // MARK: Membership

  private mutating func handle(_ event: PeerEvent) throws {
    switch event {
    case .connected: try note(.connected)
    case .disconnected: try note(.disconnected)
    case .refused:
      guard let keys = configuration.network.keys else { return }
      throw WorkerFailure.keyRefused(configuration.network.coordinator, keys.own.publicKey)
    case .handshakeFailed, .turnedAway: break
    }
  }

  private mutating func note(_ event: CoordinatorLink.Event) throws {
    for action in link.event(event, now: now) {
      switch action {
      case .register(let incarnation):
        status.phase = .connecting
        heartbeats.set(incarnation: nil, epoch: epoch)
        try register(incarnation)
      case .forgetSequences:
        status.phase = .connecting
        heartbeats.set(incarnation: nil, epoch: epoch)
        runner.forget()
      case .joined:
        status.phase = .standby
        logger.info(
          "registered",
          metadata: [
            "coordinator": "\(configuration.network.coordinator)", "data": "\(sockets.dataEndpoint)",
            "weights": "\(exchange.endpoint?.description ?? "none")",
          ])
        heartbeats.set(incarnation: link.incarnation, epoch: epoch)
      case .leave(let reason): throw failure(reason)
      }
    }
  }

  private func failure(_ reason: CoordinatorLink.LeaveReason) -> WorkerFailure {
    let coordinator = configuration.network.coordinator
    return switch reason {
    case .unreachable:
      .coordinatorUnreachable(coordinator, seconds: Int(CoordinatorLink.connectTimeout.components.seconds))
    case .lost: .coordinatorLost(coordinator, seconds: configuration.reconnectSeconds)
    case .hung: .hung
    case .refused(let reason): .refused(reason)
    }
  }

  private func register(_ incarnation: UInt64) throws {
    try sockets.send(
      .register(
        WorkerRegistration(
          name: configuration.name, incarnation: incarnation, build: configuration.build, offer: offer,
          dataEndpoint: sockets.dataEndpoint.description, weightsEndpoint: exchange.endpoint?.description ?? "",
          loadedLayers: loadedLayers, links: links.measured)))
  }

  // MARK: What the coordinator sends

  private mutating func handle(_ message: CoordinatorMessage) throws -> Bool {
    switch message {
    case .welcome(let milliseconds):
      heartbeats.set(interval: milliseconds)
      try note(.welcome)
    case .refused(let reason): try note(.refused(reason))
    case .rejoin(let reason):
      logger.warning("registering again", metadata: ["reason": "\(reason)"])
      try note(.rejoin(reason))
    case .shutdown(let reason):
      logger.info("stopping", metadata: ["reason": "\(reason)"])
      return true
    case .assignStage(let assignment): if link.isJoined { try assign(assignment) }
    case .peers(let peers):
      exchange.update(peers)
      links.update(peers)
    case .expectStage(let assignment): loader.fetchAhead(assignment)
    case .drained, .manifest, .block, .blockRefused, .linkProbed: break  // Nothing asks for these on this connection.
    }
    return false
  }

  /// Of a member only.
  private mutating func assign(_ assignment: StageAssignment) throws {
    logger.info(
      "assigned",
      metadata: [
        "layers": "\(assignment.place.layers)", "stage": "\(assignment.place.index)", "epoch": "\(assignment.epoch)",
      ])
    epoch = assignment.epoch
    loadedLayers = nil
    (status.phase, status.layers) = (.loading(0), nil)
    heartbeats.set(incarnation: link.incarnation, epoch: epoch)
    if let next { sockets.loop.close(next) }
    let next = try sockets.openLink(assignment)
    self.next = next
    runner.assign(assignment, output: sockets.output(over: next))
  }

  // MARK: What the worker's threads report

  private mutating func handle(_ report: StageLoader.Report, of epoch: PlanEpoch) throws {
    if case .ahead(let text) = report { return logger.info("prefetch", metadata: ["event": "\(text)"]) }
    guard epoch == self.epoch else { return }
    switch report {
    case .load(.progress(let fraction)):
      status.phase = .loading(fraction)
      try sockets.send(.loadProgress(epoch: epoch, fraction: fraction))
    case .load(.note(let text)): logger.info("weights", metadata: ["event": "\(text)"])
    case .load(.warning(let text)): logger.warning("weights", metadata: ["event": "\(text)"])
    case .failed(let reason): try reportFailure(reason)
    case .ahead: break
    }
  }

  private mutating func handle(_ report: StageRunner.Report) throws {
    switch report {
    case .loading: try sockets.send(.loadProgress(epoch: epoch, fraction: 0))
    case .ready(let layers, let weightByteCount, let kvByteCount, let held, let wasLoaded):
      loadedLayers = layers
      (status.phase, status.layers) = (.serving, layers)
      (status.weightByteCount, status.kvByteCount) = (weightByteCount, kvByteCount)
      onStageReady(layers, weightByteCount, kvByteCount)
      logger.info(
        "stage ready",
        metadata: [
          "weights": "\(weightByteCount)", "kv": "\(kvByteCount)", "held_sequences": "\(held.count)",
          "loaded": wasLoaded ? "before" : "now",
        ])
      try sockets.send(
        .stageReady(epoch: epoch, weightByteCount: weightByteCount, kvByteCount: kvByteCount, held: held))
    case .replayTrouble(let text): logger.warning("replay log", metadata: ["error": "\(text)"])
    case .forgotten: break  // Handled whatever the epoch.
    case .rejected(let reason): logger.warning("frame dropped", metadata: ["reason": "\(reason)"])
    case .failed(let reason): try reportFailure(reason)
    }
  }

  private mutating func reportFailure(_ reason: String) throws {
    status.phase = .failed(reason)
    logger.error("stage failed", metadata: ["reason": "\(reason)"])
    try sockets.send(.stageFailed(epoch: epoch, reason: reason))
  }
}
