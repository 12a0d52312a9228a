import Fixtures
import Foundation
import Testing
import Transport
import Wire

/// A peer of this release whose messages say that they are of another protocol version.
private struct OtherVersion {
  static let number = ProtocolVersion.current + 41

  /// Field 1, the version, is the first two bytes of every message.
  static func disguised(_ bytes: [UInt8]) -> Message {
    Message([bytes[0], UInt8(number)] + bytes.dropFirst(2))
  }

  static let registration = disguised(
    WorkerMessage.register(
      WorkerRegistration(
        name: "stranger", incarnation: 7, build: "9.9.9", offer: .sample(),
        dataEndpoint: "ipc:///nowhere")
    ).encoded())
}

/// Answers every message with one message of another version.
private struct StrangeCoordinator {
  let endpoint: Endpoint
  private let loop: SocketLoop
  private let answering: Task<Void, any Error>
  private let senders: AsyncStream<PeerID>.Continuation

  init(_ folder: ScratchFolder, answering answer: CoordinatorMessage) throws {
    let endpoint = try Endpoint("ipc://\(folder.path("c"))")
    let loop = try SocketLoop(name: "coordinator")
    let (peers, sink) = AsyncStream<PeerID>.makeStream()
    let router = try loop.open(SocketSpecification(kind: .router, role: .bind(endpoint))) { _, peer in
      if let peer { sink.yield(peer) }
    }
    answering = Task {
      for await peer in peers { try loop.send(OtherVersion.disguised(answer.encoded()), on: router, to: peer) }
    }
    (self.endpoint, self.loop, senders) = (endpoint, loop, sink)
  }

  func end() async throws {
    defer { loop.stop() }
    senders.finish()
    try await answering.value
  }
}

extension EndToEnd {
  @Suite("Peers of another protocol version")
  struct Versions {
    @Test("a serving coordinator refuses a worker of another version with a message, and no other worker is disturbed")
    func strangeWorker() async throws {
      let cluster = try await ServedCluster(workerCount: 2, arguments: ["--context", "1024"])
      let body = #"{"prompt": "Once upon a time", "max_tokens": 300, "temperature": 0, "ignore_eos": true}"#
      let before = try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body)
      let beside = cluster.stream("/v1/completions", body)

      let loop = try SocketLoop(name: "stranger")
      defer { loop.stop() }
      let (answers, sink) = AsyncStream<Message>.makeStream()
      let line = try loop.open(
        SocketSpecification(kind: .dealer, role: .connect(try Endpoint("ipc://\(cluster.folder.path("c"))")))
      ) { message, _ in sink.yield(message) }
      try loop.send(OtherVersion.registration, on: line)
      let answer = try #require(await first(answers))
      guard case .refused(let reason) = try Self.decoded(answer) else {
        Issue.record("a stranger was not refused")
        return
      }
      #expect(reason.contains("version \(OtherVersion.number)"))
      #expect(reason.contains("version \(ProtocolVersion.current)"))

      #expect(try CompletionAnswer.text(try await beside.end.value.body) == before)
      #expect(try await cluster.get("/health").status == 200)
      #expect(cluster.log("coordinator").contains("version \(OtherVersion.number)"))
      for worker in cluster.workers { #expect(worker.isRunning) }
    }

    @Test("a worker that meets a coordinator of another version leaves with status 69 and one sentence naming both")
    func strangeCoordinator() async throws {
      let folder = try ScratchFolder()
      let coordinator = try StrangeCoordinator(folder, answering: .welcome(heartbeatMilliseconds: 250))
      let outcome = try await Program.run(
        [
          "worker", "--coordinator", coordinator.endpoint.description, "--name", "w", "--data",
          "ipc://\(folder.path("d"))", "--quiet",
        ], limit: 30)
      try await coordinator.end()
      #expect(outcome.status == 69)
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("version \(OtherVersion.number)"), "\(outcome.errors)")
      #expect(outcome.errors.contains("this worker \(ProtocolVersion.current)"), "\(outcome.errors)")
    }

    @Test("drain that meets a coordinator of another version says so at once, naming both")
    func strangeDrain() async throws {
      let folder = try ScratchFolder()
      let coordinator = try StrangeCoordinator(folder, answering: .refused(reason: "a message of another version"))
      let outcome = try await Program.run(
        ["drain", "w", "--coordinator", coordinator.endpoint.description, "--wait", "600"], limit: 60)
      try await coordinator.end()
      #expect(outcome.status == 69)
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("version \(OtherVersion.number)"), "\(outcome.errors)")
      #expect(outcome.errors.contains("version \(ProtocolVersion.current)"), "\(outcome.errors)")
    }

    private static func decoded(_ message: Message) throws -> CoordinatorMessage {
      let frame = try #require(message.frames.first)
      return try frame.withUnsafeBytes { try CoordinatorMessage(decoding: $0) }
    }

    /// The first answer, or nil when none comes in time.
    private func first(_ answers: AsyncStream<Message>) async -> Message? {
      await withTaskGroup(of: Message?.self) { group in
        group.addTask { await answers.first { _ in true } }
        group.addTask {
          try? await Task.sleep(for: .seconds(20))  // Only the other task's end cancels it.
          return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
      }
    }
  }
}
