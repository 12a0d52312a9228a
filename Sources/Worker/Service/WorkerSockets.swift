import Core
import Logging
import Transport
import Wire

/// A worker's sockets, but for those of weights: the connection to the coordinator, the data socket that takes the
/// previous stage's frames, and the link to the next stage. One for the life of a worker; any thread.
final class WorkerSockets: Sendable {
  let loop: SocketLoop
  /// Where the data socket is bound.
  let dataEndpoint: Endpoint
  private let configuration: WorkerConfiguration
  private let control: SocketID
  /// Whose frames the data socket takes, in a cluster with keys: the previous stage's alone.
  private let gate: AllowedKeys

  /// Binds the data socket and connects to the coordinator.
  /// - Parameters:
  ///   - runner: takes the frames.
  ///   - send: takes what the coordinator says and what happens to its connection; called on the socket thread.
  /// - Throws: `TransportError`.
  init(
    _ configuration: WorkerConfiguration, loop: SocketLoop, runner: StageRunner, logger: Logger,
    send: @escaping @Sendable (WorkerEvent) -> Void
  ) throws {
    self.configuration = configuration
    self.loop = loop
    let gate = AllowedKeys()
    self.gate = gate
    let network = configuration.network
    let data = try Self.openData(network, gate, loop, runner, logger)
    dataEndpoint = loop.boundEndpoint(of: data) ?? network.data
    control = try Self.openControl(network, loop, logger, send)
  }

  private static func openData(
    _ network: WorkerConfiguration.Network, _ gate: AllowedKeys, _ loop: SocketLoop, _ runner: StageRunner,
    _ logger: Logger
  ) throws -> SocketID {
    var specification = SocketSpecification(kind: .pull, role: .bind(network.data))
    specification.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    specification.allowsInsecureRemote = network.allowsInsecureRemote
    specification.keys = network.keys.accepting(gate)
    specification.handshakeInterval = .seconds(1)
    let (dropped, turnedAway) = (LogThrottle(), LogThrottle())
    return try loop.open(
      specification,
      onMessage: { message, _ in
        if !runner.enqueue(message), dropped.isToBeTold() { logger.warning("frame dropped: too many wait") }
      },
      onPeerEvent: { event in
        if event == .turnedAway, turnedAway.isToBeTold() { logger.warning("too many connections: one was cut") }
      })
  }

  private static func openControl(
    _ network: WorkerConfiguration.Network, _ loop: SocketLoop, _ logger: Logger,
    _ send: @escaping @Sendable (WorkerEvent) -> Void
  ) throws -> SocketID {
    var specification = SocketSpecification(kind: .dealer, role: .connect(network.coordinator))
    specification.maximumMessageByteCount = WireLimits.maximumControlByteCount
    specification.allowsInsecureRemote = network.allowsInsecureRemote
    specification.keys = network.keys.toCoordinator
    // Only a last goodbye is ever kept waiting, and the coordinator may have gone first.
    specification.linger = .milliseconds(100)
    return try loop.open(
      specification,
      onMessage: { message, _ in
        guard let frame = message.frames.first else { return }
        do {
          send(.coordinator(try frame.withUnsafeBytes { try CoordinatorMessage(decoding: $0) }))
        } catch let WireError.version(theirs, ours) {
          send(.incompatible("it speaks protocol version \(theirs), this worker \(ours); upgrade the older one"))
        } catch {
          logger.warning("message of the coordinator dropped", metadata: ["reason": "\(error)"])
        }
      },
      onPeerEvent: { send(.connection($0)) })
  }

  /// Sends a message to the coordinator.
  /// - Throws: `TransportError`.
  func send(_ message: WorkerMessage) throws {
    try loop.send(Message(message.encoded()), on: control)
  }

  /// Opens the link to the next stage, or to the coordinator's results, and takes the previous stage's frames alone.
  /// - Throws: `TransportError`; `WorkerFailure` when keys are missing.
  func openLink(_ assignment: StageAssignment) throws -> SocketID {
    let network = configuration.network
    var specification = SocketSpecification(kind: .push, role: .connect(try Endpoint(assignment.nextEndpoint)))
    specification.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    specification.allowsInsecureRemote = network.allowsInsecureRemote
    specification.keys = try network.keys.toNextStage(assignment)
    gate.admitOnly(Set([PublicKey(bytes: assignment.previousKey)].compactMap { $0 }))
    specification.linger = .milliseconds(100)
    // The stage itself keeps to less, once it knows how wide its rows are.
    specification.maximumQueuedByteCount = StepWindow(stageCount: assignment.stageCount).byteCount(
      rows: assignment.maximumStepTokenCount, width: Limits.maximumHiddenSize)
    // The bytes are counted in our own queue, so libzmq's, which counts messages, is kept short.
    specification.sendHighWaterMark = 4
    return try loop.open(specification, onMessage: { _, _ in })
  }

  /// What a stage sends over its link.
  func output(over link: SocketID) -> StageOutput {
    StageOutput(
      send: { [loop] in try loop.send($0, on: link) }, queuedByteCount: { [loop] in loop.queuedByteCount(on: link) })
  }
}
