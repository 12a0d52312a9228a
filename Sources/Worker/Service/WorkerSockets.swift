import Core
import Logging
import Sockets
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
    let (dropped, connections) = (LogThrottle(), ConnectionLog(logger))
    return try loop.open(
      .data(at: network.data, network.access(network.keys.accepting(gate))),
      onMessage: { message, _ in
        if !runner.enqueue(message), dropped.isDue() { logger.warning("frame dropped: too many wait") }
      },
      onPeerEvent: { connections.note($0) })
  }

  private static func openControl(
    _ network: WorkerConfiguration.Network, _ loop: SocketLoop, _ logger: Logger,
    _ send: @escaping @Sendable (WorkerEvent) -> Void
  ) throws -> SocketID {
    // Only a last goodbye ever waits, and the coordinator may have gone first.
    return try loop.open(
      .control(to: network.coordinator, network.access(network.keys.toCoordinator), linger: .milliseconds(100)),
      onMessage: { message, _ in
        guard let frame = message.frames.first else { return }
        do {
          send(.coordinator(try frame.withUnsafeBytes { try CoordinatorMessage(decoding: $0) }))
        } catch let WireError.version(theirs, ours) {
          send(.incompatible("it speaks protocol version \(theirs), this worker \(ours); upgrade the older one"))
        } catch {
          logger.warning("message of the coordinator dropped", metadata: ["reason": "\(error)"])
          guard let epoch = frame.withUnsafeBytes({ CoordinatorMessage.assignedEpoch(in: $0) }) else { return }
          send(.unreadableAssignment(epoch, reason: "\(error)"))
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
    let endpoint = try Endpoint(assignment.links.nextEndpoint)
    let access = network.access(try network.keys.toNextStage(assignment))
    gate.admitOnly(Set([PublicKey(bytes: assignment.links.previousKey)].compactMap { $0 }))
    return try loop.open(
      .nextStage(
        at: endpoint, access, stageCount: assignment.place.count, stepTokenCount: assignment.maximumStepTokenCount),
      onMessage: { _, _ in })
  }

  /// What a stage sends over its link.
  func output(over link: SocketID) -> StageOutput {
    StageOutput(
      send: { [loop] in try loop.send($0, on: link) }, queuedByteCount: { [loop] in loop.queuedByteCount(on: link) })
  }
}
