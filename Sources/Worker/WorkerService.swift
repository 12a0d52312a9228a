import Foundation
package import Inference
package import Logging
import Synchronization
import Transport
import Wire

/// The worker process: registers at the coordinator, loads the layers it is given, serves them until told to stop.
///
/// Everything it hears arrives in one stream of events, handled in order by `run`. Frames of the data plane do not pass
/// through it: they go from the socket thread straight to the stage's compute thread.
package final class WorkerService: Sendable {
  private enum Event: Sendable {
    case coordinator(CoordinatorMessage)
    /// The coordinator speaks another protocol version.
    case incompatible(String)
    case stage(PlanEpoch, StageRunner.Report)
    /// The link to the coordinator was made, or made again: it does not know this worker yet.
    case connected
    /// The coordinator does not let this worker's key in.
    case keyRefused
    case tick
    case stop(String)
  }

  /// How long the coordinator may be silent, at first and later.
  private static let silenceLimitSeconds = 10

  private let configuration: WorkerConfiguration
  private let logger: Logger
  private let onStageReady: @Sendable (LayerRange, Int, Int) -> Void
  private let events: AsyncStream<Event>
  private let eventSink: AsyncStream<Event>.Continuation
  /// The stage that takes frames now.
  private let runner = Mutex<StageRunner?>(nil)
  /// Whose frames the stage takes, in a cluster with keys: the previous stage's alone.
  private let gate = KeyGate()

  /// - Parameter onStageReady: told each time a stage has been loaded, with its layers and bytes.
  package init(
    configuration: WorkerConfiguration, logger: Logger,
    onStageReady: @escaping @Sendable (LayerRange, _ weightByteCount: Int, _ kvByteCount: Int) -> Void = { _, _, _ in }
  ) {
    self.configuration = configuration
    self.onStageReady = onStageReady
    self.logger = logger
    (events, eventSink) = AsyncStream.makeStream()
  }

  /// Asks `run` to leave: it says so to the coordinator and returns. Any thread.
  package func stop(reason: String) { eventSink.yield(.stop(reason)) }

  /// Serves until stopped or told to shut down. Throws `WorkerFailure` or a transport error.
  package func run() async throws {
    let loop = try SocketLoop(name: "sockets")
    defer {
      runner.withLock { $0?.stop() }
      loop.stop()
    }
    var session = try openSession(loop)
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
    let data: SocketID
    let dataEndpoint: Endpoint
    let incarnation: UInt64
    var isWelcome = false
    var epoch = PlanEpoch(0)
    var lastHeard = ContinuousClock.now
    /// The link to the next stage or to the coordinator's results.
    var next: SocketID?
  }

  private func openSession(_ loop: SocketLoop) throws -> Session {
    var intake = SocketSpecification(kind: .pull, role: .bind(configuration.dataEndpoint))
    intake.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    intake.allowsInsecureRemote = configuration.allowsInsecureRemote
    intake.keys = configuration.keys.intake(gate)
    intake.handshakeInterval = .seconds(1)
    let data = try loop.open(intake, onMessage: { [self] message, _ in takeFrame(message) })
    var line = SocketSpecification(kind: .dealer, role: .connect(configuration.coordinator))
    line.maximumMessageByteCount = WireLimits.maximumControlByteCount
    line.allowsInsecureRemote = configuration.allowsInsecureRemote
    line.keys = configuration.keys.line
    // Only a last goodbye is ever kept waiting, and the coordinator may have gone first.
    line.linger = .milliseconds(100)
    let control = try loop.open(
      line, onMessage: { [self] message, _ in hear(message) },
      onPeerEvent: { [eventSink] event in
        if event == .connected { eventSink.yield(.connected) }
        if event == .refused { eventSink.yield(.keyRefused) }
      })
    return Session(
      loop: loop, control: control, data: data,
      dataEndpoint: loop.boundEndpoint(of: data) ?? configuration.dataEndpoint,
      incarnation: UInt64.random(in: 1...UInt64.max))
  }

  private func register(_ session: Session) throws {
    try tell(
      .register(
        WorkerRegistration(
          name: configuration.name, incarnation: session.incarnation, build: configuration.build,
          memoryByteCount: configuration.memoryByteCount, threadCount: configuration.threadCount,
          relativeSpeed: configuration.relativeSpeed, dataEndpoint: session.dataEndpoint.description,
          numericsID: NumericsID.current)),
      session)
  }

  /// True when the worker is to leave.
  private func handle(_ event: Event, session: inout Session) throws -> Bool {
    switch event {
    case .coordinator(let message):
      session.lastHeard = .now
      return try obey(message, session: &session)
    case .incompatible(let reason):
      throw WorkerFailure.refused(reason)
    case .stage(let epoch, let report):
      guard epoch == session.epoch else { return false }
      try pass(report, session: session)
      return false
    case .connected:
      try register(session)
      return false
    case .keyRefused:
      guard let keys = configuration.keys else { return false }
      throw WorkerFailure.keyRefused(configuration.coordinator, keys.own.publicKey)
    case .tick:
      let silence = ContinuousClock.now - session.lastHeard
      guard silence < .seconds(Self.silenceLimitSeconds) else {
        throw session.isWelcome
          ? WorkerFailure.coordinatorLost(configuration.coordinator, seconds: Self.silenceLimitSeconds)
          : WorkerFailure.coordinatorUnreachable(configuration.coordinator, seconds: Self.silenceLimitSeconds)
      }
      if session.isWelcome {
        let progress = runner.withLock { $0?.progress ?? 0 }
        try tell(
          .heartbeat(
            WorkerHeartbeat(incarnation: session.incarnation, epoch: session.epoch, progress: progress)), session)
      }
      return false
    case .stop(let reason):
      try tell(.leaving(reason: reason), session)
      return true
    }
  }

  private func obey(_ message: CoordinatorMessage, session: inout Session) throws -> Bool {
    switch message {
    case .welcome:
      if !session.isWelcome { logger.info("registered", metadata: ["coordinator": "\(configuration.coordinator)"]) }
      session.isWelcome = true
    case .refused(let reason):
      throw WorkerFailure.refused(reason)
    case .shutdown(let reason):
      logger.info("told to stop", metadata: ["reason": "\(reason)"])
      return true
    case .assignStage(let assignment):
      try assign(assignment, session: &session)
    }
    return false
  }

  private func assign(_ assignment: StageAssignment, session: inout Session) throws {
    logger.info(
      "assigned",
      metadata: ["layers": "\(assignment.layers)", "stage": "\(assignment.stageIndex)", "epoch": "\(assignment.epoch)"])
    session.epoch = assignment.epoch
    if let previous = session.next { session.loop.close(previous) }
    var link = SocketSpecification(kind: .push, role: .connect(try Endpoint(assignment.nextEndpoint)))
    link.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    link.allowsInsecureRemote = configuration.allowsInsecureRemote
    link.keys = try configuration.keys.link(assignment)
    gate.admitOnly(Set([PublicKey(bytes: assignment.previousKey)].compactMap { $0 }))
    link.linger = .milliseconds(100)
    link.maximumQueuedByteCount = 2 * WireLimits.maximumPayloadByteCount
    let next = try session.loop.open(link, onMessage: { _, _ in })
    session.next = next
    let loop = session.loop
    let epoch = assignment.epoch
    let stage = StageRunner(
      assignment: assignment, modelPath: configuration.modelPath, threadCount: configuration.threadCount,
      send: { message in try loop.send(message, on: next) },
      report: { [eventSink] report in eventSink.yield(.stage(epoch, report)) })
    runner.withLock { current in
      current?.stop()
      current = stage
    }
    stage.start()
  }

  private func pass(_ report: StageRunner.Report, session: Session) throws {
    switch report {
    case .loading(let fraction):
      try tell(.loadProgress(epoch: session.epoch, fraction: fraction), session)
    case .ready(let weightByteCount, let kvByteCount):
      if let layers = runner.withLock({ $0?.assignment.layers }) {
        onStageReady(layers, weightByteCount, kvByteCount)
      }
      logger.info("stage ready", metadata: ["weights": "\(weightByteCount)", "kv": "\(kvByteCount)"])
      try tell(
        .stageReady(epoch: session.epoch, weightByteCount: weightByteCount, kvByteCount: kvByteCount), session)
    case .rejected(let reason):
      logger.warning("frame dropped", metadata: ["reason": "\(reason)"])
    case .failed(let reason):
      logger.error("stage failed", metadata: ["reason": "\(reason)"])
      try tell(.stageFailed(epoch: session.epoch, reason: reason), session)
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
    let taken = runner.withLock { $0?.take(message) ?? false }
    if !taken { logger.warning("frame dropped: no stage takes frames now, or too many wait") }
  }
}
