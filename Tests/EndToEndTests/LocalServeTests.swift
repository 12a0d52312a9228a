import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite("A server on one machine, with workers of its own")
  struct LocalServe {
    private static let question = Recovery.request("Once upon a time", tokens: 8, seed: nil)

    private func becomes(_ isTrue: () async throws -> Bool) async throws -> Bool {
      let deadline = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < deadline {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(20))
      }
      return false
    }

    @Test("starts its worker, says what it takes, answers, starts a lost worker again, and leaves none behind")
    func alone() async throws {
      let server = try await ServedCluster(serving: SharedFiles.demo)
      let said = server.log("coordinator").split(separator: "\n").filter { $0.contains("capacity") }
      #expect(said.count == 1 && said[0].contains("sequences=16"), "\(said)")
      let first = try await server.post("/v1/completions", Self.question)
      #expect(first.status == 200)
      let worker = try #require(ProcessTree.children(of: server.coordinator.processIdentifier).first)
      kill(worker, SIGKILL)
      #expect(try await becomes { server.log("coordinator").contains("it is started again") })
      #expect(try await becomes { try await server.post("/v1/completions", Self.question).status == 200 })
      let successors = ProcessTree.children(of: server.coordinator.processIdentifier)
      #expect(!successors.isEmpty && !successors.contains(worker))
      kill(server.coordinator.processIdentifier, SIGTERM)
      #expect(try await becomes { !server.coordinator.isRunning && !successors.contains(where: ProcessTree.isRunning) })
      #expect(server.coordinator.terminationStatus == 0)
    }

    @Test("shares the layers over as many workers as are asked for, with the same answer")
    func two() async throws {
      let one = try await ServedCluster(serving: SharedFiles.demo)
      let two = try await ServedCluster(
        serving: SharedFiles.demo, arguments: ["--local-workers", "2", "--threads", "1"])
      #expect(ProcessTree.children(of: two.coordinator.processIdentifier).count == 2)
      func text(_ answer: (status: Int, body: String)) -> Substring {
        answer.body.firstMatch(of: /"text":"([^"]*)"/)?.1 ?? "nothing"
      }
      let answers = try await [one, two].asyncMap { text(try await $0.post("/v1/completions", Self.question)) }
      #expect(answers[0] == answers[1])
    }

    @Test("signals that its workers get, too, leave them to it: a running answer ends whole")
    func groupSignal() async throws {
      let server = try await ServedCluster(serving: SharedFiles.demo, arguments: ["--drain-timeout", "60"])
      let request = server.stream(
        "/v1/completions", Recovery.request("The whale", tokens: 400, seed: 1, more: ", \"stream\": true"))
      await server.waitForTokens(1, in: request.answer)
      for child in ProcessTree.children(of: server.coordinator.processIdentifier) {
        kill(child, SIGTERM)
        kill(child, SIGINT)
      }
      kill(server.coordinator.processIdentifier, SIGTERM)
      let answer = StreamedText(try await request.end.value.body)
      #expect(answer.isDone && answer.finishReason == "length" && answer.error == nil)
      #expect(try await becomes { !server.coordinator.isRunning })
    }

    @Test("options of local workers and of others' are refused together, by name")
    func mixed() async throws {
      let mixed = try await Program.run(["serve", SharedFiles.demo, "--workers", "2", "--threads", "1"])
      #expect(mixed.status == 2)
      #expect(mixed.errors.contains("--threads is for workers that the server starts, and --workers"))
      let vast = try await Program.run([
        "serve", SharedFiles.demo, "--memory", "1MiB", "--context", "4096", "--http", "127.0.0.1:0",
      ])
      #expect(vast.status == 3, "\(vast.errors)")
    }

    @Test(
      "as the first process of a container it reaps what others leave, and a stop signal drains it", .needsFirstProcess)
    func firstProcess() async throws {
      let server = try await ServedCluster(
        serving: SharedFiles.demo, launcher: ["/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount-proc"])
      let first = try #require(ProcessTree.children(of: server.coordinator.processIdentifier).first)
      let program = try #require(ProcessTree.children(of: first).first)
      // The shell ends before what it started, which the first process then has as a child.
      let orphan = try Process.run(
        URL(fileURLWithPath: "/usr/bin/nsenter"),
        arguments: ["--target", "\(first)", "--pid", "--mount", "sh", "-c", "sleep 2 & sleep 0.1"])
      #expect(try await becomes { ProcessTree.children(of: first).count == 2 })
      #expect(try await becomes { ProcessTree.children(of: first) == [program] })
      // Foundation notices its end only with that of the orphan, which has inherited its socket.
      orphan.waitUntilExit()
      kill(first, SIGTERM)
      #expect(try await becomes { !server.coordinator.isRunning })
      #expect(server.coordinator.terminationStatus == 0)
    }
  }
}

extension Sequence {
  fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await body(element)) }
    return results
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where no namespace of processes can be made.
  static var needsFirstProcess: Self {
    .enabled("no namespace of processes can be made, which needs root and util-linux") {
      let trial = Program.command(["unshare", "--pid", "--fork", "--mount-proc", "true"])
      trial.standardError = FileHandle.nullDevice
      guard (try? trial.run()) != nil else { return false }
      trial.waitUntilExit()
      return trial.terminationStatus == 0
    }
  }
}
