import Foundation
package import Inference
package import Logging
import Synchronization
import Transport
import Wire

/// The worker process: registers at the coordinator, loads the layers it is given, serves them until told to stop.
///
/// Everything it hears arrives in one stream of events, handled in order by `run`. Frames of the data plane do not pass
/// through it: they go from the socket thread straight to the compute thread. Nor do heartbeats, which have a thread of
/// their own.
package final class WorkerService: Sendable {
  private enum Event: Sendable {
    case coordinator(CoordinatorMessage)
    /// The coordinator speaks another protocol version.
    case incompatible(String)
    case stage(PlanEpoch, StageRunner.Report)
    case loader(PlanEpoch, StageLoader.Report)
    case link(PeerEvent)
    case tick
    case drain(String)
    case stop(String)
  }

  /// How long a worker that wishes to go serves on at most.
  private static let drainLimit = Duration.seconds(30)

  private let configuration: WorkerConfiguration
  private let logger: Logger
  private let onStageReady: @Sendable (LayerRange, Int, Int) -> Void
  private let events: AsyncStream<Event>
  private let eventSink: AsyncStream<Event>.Continuation
  private let runner: StageRunner
  private let loader: StageLoader
  /// What other workers may take from this one.
  private let blobs: LocalBlobs
  /// Whose frames the stage takes, in a cluster with keys: the previous stage's alone.
  private let gate = KeyGate()
  private let droppedFrames = RareNews()
  private let turnedAway = RareNews()
  private let started = ContinuousClock.now

  /// - Parameter onStageReady: told each time a stage has been loaded, with its layers and bytes.
  package init(
    configuration: WorkerConfiguration, logger: Logger,
    onStageReady: @escaping @Sendable (LayerRange, _ weightByteCount: Int, _ kvByteCount: Int) -> Void = { _, _, _ in }
  ) {
    self.configuration = configuration
    self.onStageReady = onStageReady
    self.logger = logger
    let (events, eventSink) = AsyncStream<Event>.makeStream()
    (self.events, self.eventSink) = (events, eventSink)
    blobs = LocalBlobs(disk: configuration.checkpoints.disk)
    loader = StageLoader(
      checkpoints: configuration.checkpoints, threadCount: configuration.threadCount,
      packsFirst: configuration.packsFirst, blobs: blobs
    ) { eventSink.yield(.loader($0, $1)) }
    runner = StageRunner(
      loader: loader, threadCount: configuration.threadCount, placement: configuration.placement,
      logBudget: configuration.replayLogBudget
    ) { eventSink.yield(.stage($0, $1)) }
  }

  /// Asks `run` to leave at once: it says so to the coordinator and returns. Any thread.
  package func stop(reason: String) { eventSink.yield(.stop(reason)) }

  /// Asks `run` to leave when the cluster can do without it: it serves on until the coordinator dismisses it, for 30 s
  /// at most. Any thread.
  package func drain(reason: String) { eventSink.yield(.drain(reason)) }

  /// Serves until stopped or told to shut down. Throws `WorkerFailure` or a transport error.
  package func run() async throws {
    let loop = try SocketLoop(name: "sockets")
    runner.start()
    defer {
      runner.stop()
      loader.stop()
      loop.stop()
    }
    var session = try openSession(loop)
    loader.start { [exchange = session.exchange] in exchange.connections() }
    defer {
      session.pulse.stop()
      session.exchange.stop()
    }
    let ticker = Task { [eventSink] in
      while !Task.isCancelled {
        eventSink.yield(.tick)
        try? await Task.sleep(for: .milliseconds(250))  // Only cancellation ends the sleep, and then the loop ends.
      }
    }
    defer { ticker.cancel() }
    for await event in events {
      if try handle(event, session: &session) { return }
    }
  }

  // MARK: Event by event

  /// What `run` keeps between events.
  private struct Session {
    let loop: SocketLoop
    let control: SocketID
    let dataEndpoint: Endpoint
    let exchange: WeightExchange
    let pulse: Pulse
    var link: CoordinatorLink
    var epoch = PlanEpoch(0)
    /// The layers of the stage that was ready last, until another is assigned.
    var loadedLayers: LayerRange?
    /// The link to the next stage or to the coordinator's results.
    var next: SocketID?
    /// When a worker that wishes to go goes in any case.
    var drainEnd: Duration?
  }

  private var now: Duration { started.duration(to: .now) }

  private func openSession(_ loop: SocketLoop) throws -> Session {
    var intake = SocketSpecification(kind: .pull, role: .bind(configuration.dataEndpoint))
    intake.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    intake.allowsInsecureRemote = configuration.allowsInsecureRemote
    intake.keys = configuration.keys.intake(gate)
    intake.handshakeInterval = .seconds(1)
    let data = try loop.open(
      intake, onMessage: { [self] message, _ in takeFrame(message) },
      onPeerEvent: { [self] event in
        if event == .turnedAway, turnedAway.isToBeTold() { logger.warning("too many connections: one was cut") }
      })
    var line = SocketSpecification(kind: .dealer, role: .connect(configuration.coordinator))
    line.maximumMessageByteCount = WireLimits.maximumControlByteCount
    line.allowsInsecureRemote = configuration.allowsInsecureRemote
    line.keys = configuration.keys.line
    // Only a last goodbye is ever kept waiting, and the coordinator may have gone first.
    line.linger = .milliseconds(100)
    let control = try loop.open(
      line, onMessage: { [self] message, _ in hear(message) },
      onPeerEvent: { [eventSink] event in eventSink.yield(.link(event)) })
    let pulse = Pulse { [runner] incarnation, epoch in
      let heartbeat = WorkerHeartbeat(
        incarnation: incarnation, epoch: epoch, progress: runner.progress,
        stepMilliseconds: runner.expectedStepMilliseconds)
      // A heartbeat that cannot be sent is one that is missed.
      try? loop.send(Message(frames: [Frame(WorkerMessage.heartbeat(heartbeat).encoded())]), on: control)
    }
    return Session(
      loop: loop, control: control, dataEndpoint: loop.boundEndpoint(of: data) ?? configuration.dataEndpoint,
      exchange: try WeightExchange(configuration, blobs: blobs, loop: loop, logger: logger), pulse: pulse,
      link: CoordinatorLink(
        incarnation: UInt64.random(in: 1...UInt64.max), patience: .seconds(configuration.reconnectSeconds), now: now))
  }

  /// True when the worker is to leave.
  private func handle(_ event: Event, session: inout Session) throws -> Bool {
    switch event {
    case .coordinator(let message):
      try perform(session.link.event(.heard, now: now), session: &session)
      return try obey(message, session: &session)
    case .incompatible(let reason):
      throw WorkerFailure.refused(reason)
    case .stage(_, .forgotten):
      try perform(session.link.event(.settled, now: now), session: &session)
    case .stage(let epoch, let report):
      guard epoch == session.epoch else { return false }
      try handle(report, session: &session)
    case .loader(_, .ahead(let text)): logger.info("weights ahead", metadata: ["news": "\(text)"])
    case .loader(let epoch, let report):
      guard epoch == session.epoch else { return false }
      try handle(report, session: session)
    case .link(.connected): try perform(session.link.event(.connected, now: now), session: &session)
    case .link(.disconnected): try perform(session.link.event(.disconnected, now: now), session: &session)
    case .link(.refused):
      guard let keys = configuration.keys else { return false }
      throw WorkerFailure.keyRefused(configuration.coordinator, keys.own.publicKey)
    case .link(.handshakeFailed), .link(.turnedAway): break
    case .tick:
      try perform(session.link.event(.tick, now: now), session: &session)
      if let end = session.drainEnd, now >= end { return try leave("it has drained long enough", session) }
    case .drain(let reason):
      guard session.link.isJoined, session.drainEnd == nil else { return try leave(reason, session) }
      session.drainEnd = now + Self.drainLimit
      try tell(.draining(reason: reason), session)
    case .stop(let reason):
      return try leave(reason, session)
    }
    return false
  }

  private func leave(_ reason: String, _ session: Session) throws -> Bool {
    try tell(.leaving(reason: reason), session)
    return true
  }

  private func perform(_ actions: [CoordinatorLink.Action], session: inout Session) throws {
    for action in actions {
      switch action {
      case .register(let incarnation):
        session.pulse.set(incarnation: nil, epoch: session.epoch)
        try register(incarnation, session)
      case .forgetSequences:
        session.pulse.set(incarnation: nil, epoch: session.epoch)
        runner.forget()
      case .joined:
        logger.info(
          "registered",
          metadata: [
            "coordinator": "\(configuration.coordinator)", "data": "\(session.dataEndpoint)",
            "weights": "\(session.exchange.endpoint?.description ?? "none")",
          ])
        session.pulse.set(incarnation: session.link.incarnation, epoch: session.epoch)
      case .leave(let ending):
        switch ending {
        case .unreachable:
          throw WorkerFailure.coordinatorUnreachable(
            configuration.coordinator, seconds: Int(CoordinatorLink.firstPatience.components.seconds))
        case .lost:
          throw WorkerFailure.coordinatorLost(configuration.coordinator, seconds: configuration.reconnectSeconds)
        case .hung: throw WorkerFailure.hung
        case .refused(let reason): throw WorkerFailure.refused(reason)
        }
      }
    }
  }

  private func register(_ incarnation: UInt64, _ session: Session) throws {
    try tell(
      .register(
        WorkerRegistration(
          name: configuration.name, incarnation: incarnation, build: configuration.build,
          memoryByteCount: configuration.memoryByteCount, threadCount: configuration.threadCount,
          relativeSpeed: configuration.relativeSpeed, dataEndpoint: session.dataEndpoint.description,
          numericsID: NumericsID.current, weightsEndpoint: session.exchange.endpoint?.description ?? "",
          loadedLayers: session.loadedLayers)),
      session)
  }

  private func obey(_ message: CoordinatorMessage, session: inout Session) throws -> Bool {
    switch message {
    case .welcome(let milliseconds):
      session.pulse.set(interval: milliseconds)
      try perform(session.link.event(.welcome, now: now), session: &session)
    case .refused(let reason): try perform(session.link.event(.refused(reason), now: now), session: &session)
    case .rejoin(let reason):
      logger.warning("told to join anew", metadata: ["reason": "\(reason)"])
      try perform(session.link.event(.rejoin(reason), now: now), session: &session)
    case .shutdown(let reason):
      logger.info("told to stop", metadata: ["reason": "\(reason)"])
      return true
    case .assignStage(let assignment):
      if session.link.isJoined { try assign(assignment, session: &session) }
    case .peers(let peers): session.exchange.update(peers)
    case .expectStage(let assignment):
      loader.fetchAhead(assignment)
    case .drained, .manifest, .block, .blockRefused: break  // Nothing that is asked on this line.
    }
    return false
  }

  /// Of a member only.
  private func assign(_ assignment: StageAssignment, session: inout Session) throws {
    logger.info(
      "assigned",
      metadata: ["layers": "\(assignment.layers)", "stage": "\(assignment.stageIndex)", "epoch": "\(assignment.epoch)"])
    session.epoch = assignment.epoch
    session.loadedLayers = nil
    session.pulse.set(incarnation: session.link.incarnation, epoch: session.epoch)
    if let previous = session.next { session.loop.close(previous) }
    var link = SocketSpecification(kind: .push, role: .connect(try Endpoint(assignment.nextEndpoint)))
    link.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    link.allowsInsecureRemote = configuration.allowsInsecureRemote
    link.keys = try configuration.keys.link(assignment)
    gate.admitOnly(Set([PublicKey(bytes: assignment.previousKey)].compactMap { $0 }))
    link.linger = .milliseconds(100)
    // The stage itself keeps to less, once it knows how wide its rows are.
    link.maximumQueuedByteCount = StepWindow(stageCount: assignment.stageCount).byteCount(
      rows: assignment.maximumStepTokenCount, width: Limits.maximumHiddenSize)
    // The bytes are counted in our own queue, so libzmq's, which counts messages, is kept short.
    link.sendHighWaterMark = 4
    let next = try session.loop.open(link, onMessage: { _, _ in })
    session.next = next
    runner.assign(
      assignment,
      output: StageOutput(
        send: { [loop = session.loop] in try loop.send($0, on: next) },
        queuedByteCount: { [loop = session.loop] in loop.queuedByteCount(on: next) }))
  }

  private func handle(_ report: StageLoader.Report, session: Session) throws {
    switch report {
    case .load(.progress(let fraction)):
      try tell(.loadProgress(epoch: session.epoch, fraction: fraction), session)
    case .load(.note(let text)): logger.info("weights", metadata: ["news": "\(text)"])
    case .load(.warning(let text)): logger.warning("weights", metadata: ["news": "\(text)"])
    case .ahead: break  // Logged whatever the epoch.
    case .failed(let reason): try fail(reason, session)
    }
  }

  private func fail(_ reason: String, _ session: Session) throws {
    logger.error("stage failed", metadata: ["reason": "\(reason)"])
    try tell(.stageFailed(epoch: session.epoch, reason: reason), session)
  }

  private func handle(_ report: StageRunner.Report, session: inout Session) throws {
    switch report {
    case .loading: try tell(.loadProgress(epoch: session.epoch, fraction: 0), session)
    case .ready(let layers, let weightByteCount, let kvByteCount, let held, let wasLoaded):
      session.loadedLayers = layers
      onStageReady(layers, weightByteCount, kvByteCount)
      logger.info(
        "stage ready",
        metadata: [
          "weights": "\(weightByteCount)", "kv": "\(kvByteCount)", "held_sequences": "\(held.count)",
          "loaded": wasLoaded ? "before" : "now",
        ])
      try tell(
        .stageReady(epoch: session.epoch, weightByteCount: weightByteCount, kvByteCount: kvByteCount, held: held),
        session)
    case .replayTrouble(let text): logger.warning("replay log", metadata: ["trouble": "\(text)"])
    case .forgotten: break  // Handled whatever the epoch.
    case .rejected(let reason):
      logger.warning("frame dropped", metadata: ["reason": "\(reason)"])
    case .failed(let reason): try fail(reason, session)
    }
  }

  // MARK: Sockets

  private func tell(_ message: WorkerMessage, _ session: Session) throws {
    try session.loop.send(Message(frames: [Frame(message.encoded())]), on: session.control)
  }

  /// Socket thread: a message of the coordinator.
  private func hear(_ message: Message) {
    guard let frame = message.frames.first else { return }
    do {
      eventSink.yield(.coordinator(try frame.withUnsafeBytes { try CoordinatorMessage(decoding: $0) }))
    } catch let WireError.version(theirs, ours) {
      eventSink.yield(.incompatible("it speaks protocol version \(theirs), this worker \(ours); upgrade the older one"))
    } catch {
      logger.warning("message of the coordinator dropped", metadata: ["reason": "\(error)"])
    }
  }

  /// Socket thread: a frame for the stage.
  private func takeFrame(_ message: Message) {
    if !runner.enqueue(message), droppedFrames.isToBeTold() { logger.warning("frame dropped: too many wait") }
  }
}
