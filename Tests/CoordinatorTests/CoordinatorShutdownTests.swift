import Cluster
import Coordinator
import Fixtures
import Foundation
import Core
import Logging
import Synchronization
import Testing
import Transport
import Wire

/// The engine over real sockets; the test plays the workers.
@Suite("The shutdown of a coordinator", .timeLimit(.minutes(5)))
struct CoordinatorShutdownTests {
  @Test("a registration during the shutdown is answered with shutdown, and so is a heartbeat of a stranger")
  func lateRegistration() async throws {
    // It waits for every worker that it notified, however slow the machine: a worker that does not leave would cost the
    // whole grace.
    let engine = try ClusterEngine(
      configuration: Self.configuration(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      shutdownGrace: .seconds(600))
    let run = Task { await engine.run() }
    let member = try PlayedWorker("member", engine.controlEndpoint)
    try member.register()
    // A silent member is evicted after a second and a half: on a busy machine this test may take longer.
    member.beat()
    let welcome = CoordinatorMessage.welcome(heartbeatMilliseconds: 100)
    #expect(try await member.answer() == welcome)
    engine.stop(reason: "the end")
    #expect(try await member.answer(after: welcome) == .shutdown(reason: "the end"))

    let late = try PlayedWorker("late", engine.controlEndpoint)
    try late.register()
    #expect(try await late.answer() == .shutdown(reason: "the end"))
    let unknown = try PlayedWorker("unknown", engine.controlEndpoint)
    try unknown.tell(.heartbeat(WorkerHeartbeat(incarnation: 7, epoch: PlanEpoch(3), progress: 0)))
    #expect(try await unknown.answer() == .shutdown(reason: "the end"))
    let operatorsTool = try PlayedWorker("tool", engine.controlEndpoint)
    try operatorsTool.tell(.drain(worker: "member"))
    #expect(try await operatorsTool.answer() == .refused(reason: "the end"))

    for worker in [member, late, unknown] { worker.leave() }
    await run.value
    operatorsTool.leave()
  }

  private static func configuration() throws -> ClusterConfiguration {
    let path = "/tmp/longhaul-ending-\(UInt64.random(in: 0...UInt64.max))"
    return ClusterConfiguration(
      model: .small(layers: 4),
      checkpoint: .init(
        modelID: "none", paths: ["none"], fingerprint: "none",
        footprint: WeightFootprint(layerByteCounts: [1, 1, 1, 1], embeddingByteCount: 1, headByteCount: 1)),
      network: .init(control: try Endpoint("ipc://\(path)-c"), results: try Endpoint("ipc://\(path)-r")),
      demand: KVDemand(elementType: .i16, contextLength: 64, sequenceCount: 1, chunkTokenCount: 16), workerCount: 2,
      build: "test")
  }
}

/// A control connection that sends what the test wants.
private final class PlayedWorker: Sendable {
  private let name: String
  private let loop: SocketLoop
  private let line: SocketID
  private let answers: AsyncStream<CoordinatorMessage>

  init(_ name: String, _ coordinator: Endpoint) throws {
    self.name = name
    loop = try SocketLoop(name: "played")
    let (answers, sink) = AsyncStream<CoordinatorMessage>.makeStream()
    self.answers = answers
    var specification = SocketSpecification(kind: .dealer, role: .connect(coordinator))
    specification.maximumMessageByteCount = WireLimits.maximumControlByteCount
    line = try loop.open(specification) { message, _ in
      // What cannot be read is missed by the test.
      guard let frame = message.frames.first,
        let decoded = try? frame.withUnsafeBytes({ try CoordinatorMessage(decoding: $0) })
      else { return }
      sink.yield(decoded)
    }
  }

  func register() throws {
    try tell(
      .register(
        WorkerRegistration(
          name: name, incarnation: 7, build: "test", offer: .sample(),
          dataEndpoint: "ipc:///tmp/none")))
  }

  /// Beats until it leaves.
  func beat() {
    Thread { [self] in
      while (try? tell(.heartbeat(WorkerHeartbeat(incarnation: 7, epoch: PlanEpoch(0), progress: 0)))) != nil {
        Thread.sleep(forTimeInterval: 0.1)
      }
    }.start()
  }

  func tell(_ message: WorkerMessage) throws {
    try loop.send(Message(message.encoded()), on: line)
  }

  /// The next message of the coordinator that is not `last` once more, as beats are answered.
  func answer(after last: CoordinatorMessage? = nil) async throws -> CoordinatorMessage? {
    for await message in answers where message != last { return message }
    return nil
  }

  func leave() { loop.stop() }
}
