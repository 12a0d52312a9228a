import Fixtures
import Foundation
import Testing

extension EndToEnd {
  /// Faults at exact places, which only builds for tests have.
  @Suite("Faults at exact places", .needsFailPoints)
  struct Faults {
    static func arm(_ fault: String, stage: Int, position: Int, in cluster: ServedCluster) throws {
      try Data("\(fault)@\(position)".utf8).write(to: cluster.folder.url.appendingPathComponent("stage-\(stage)"))
    }

    static func isArmed(stage: Int, in cluster: ServedCluster) -> Bool {
      FileManager.default.fileExists(atPath: cluster.folder.path("stage-\(stage)"))
    }

    @Test("numbers that are not finite end their own request with a message, and no other")
    func spoiled() async throws {
      let cluster = try await ServedCluster(workerCount: 2, program: Program.besideTests)
      let other = Recovery.request("The whale", tokens: 200, seed: 5, more: ", \"stream\": true")
      let whole = StreamedText(try await cluster.post("/v1/completions", other).body)
      try #require(whole.isDone && whole.finishReason == "length")
      let beside = cluster.stream("/v1/completions", other)
      try Self.arm("spoil", stage: 1, position: 300, in: cluster)
      let spoiled = try await cluster.post(
        "/v1/completions", Recovery.request(String(repeating: "The dog ran. ", count: 40), tokens: 300, seed: nil))
      #expect(spoiled.status == 503 && spoiled.body.contains("not finite"), "\(spoiled)")
      #expect(StreamedText(try await beside.end.value.body) == whole)
      #expect(!cluster.log("coordinator").contains("the plan is over"))
    }

    @Test("what arrives damaged, between stages or at the coordinator, is made again, and no token is another")
    func damaged() async throws {
      let cluster = try await ServedCluster(
        workerCount: 2, program: Program.besideTests, arguments: ["--chunk", "16"])
      let prompt = String(repeating: "The little dog ran to the old house. ", count: 5)
      for seed in [nil, 5] {
        let body = Recovery.request(prompt, tokens: 64, seed: seed, more: ", \"stream\": true")
        let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
        try #require(whole.isDone && whole.finishReason == "length")
        // In the prompt's second chunk and among the tokens, of what either stage sends.
        for (stage, position) in [(0, 20), (1, 20), (0, 60), (1, 90)] {
          let before = cluster.log("coordinator").ranges(of: "arrived damaged").count
          try Self.arm("damage", stage: stage, position: position, in: cluster)
          let answer = StreamedText(try await cluster.post("/v1/completions", body).body)
          #expect(answer == whole, "stage \(stage), position \(position)")
          #expect(!Self.isArmed(stage: stage, in: cluster))
          #expect(cluster.log("coordinator").ranges(of: "arrived damaged").count > before)
        }
      }
      for worker in cluster.workers { #expect(worker.isRunning) }
    }

    /// Every prefill chunk and every token of a short request on every stage where `LONGHAUL_DRILL_GRID` asks for all;
    /// some of them otherwise.
    @Test("a kill at any token or chunk of any stage changes nothing the client sees", arguments: [nil, 11])
    func grid(seed: Int?) async throws {
      let isFull = ProcessInfo.processInfo.environment["LONGHAUL_DRILL_GRID"] == "all"
      let cluster = try await ServedCluster(
        workerCount: 2, spareCount: 1, program: Program.besideTests, arguments: ["--chunk", "16"])
      let prompt = String(repeating: "The little dog ran to the old house. ", count: 5)
      let body = Recovery.request(prompt, tokens: 64, seed: seed, more: ", \"stream\": true")
      let client = StreamingClient(port: cluster.port)
      let whole = StreamedText(client.complete(body).body)
      try #require(whole.isDone && whole.finishReason == "length")
      var points = 0
      // Two thirds of the positions are the prompt's, whose chunks are 16 long.
      for stage in 0...1 {
        for position in stride(from: 0, to: 110, by: isFull ? 1 : 37) {
          try Self.arm("kill", stage: stage, position: position, in: cluster)
          #expect(StreamedText(client.complete(body).body) == whole, "stage \(stage), position \(position)")
          if Self.isArmed(stage: stage, in: cluster) { continue }
          points += 1
          try cluster.restartEndedWorkers()
        }
      }
      print("grid: \(points) kills")
      #expect(points >= (isFull ? 150 : 4))
    }

    @Test("a stopped process and a hung computation are found and replaced, and do no harm when they go on")
    func standingStill() async throws {
      let cluster = try await ServedCluster(workerCount: 2, spareCount: 1, program: Program.besideTests)
      let body = Recovery.request("Once upon a time", tokens: 120, seed: 3, more: ", \"stream\": true")
      let client = StreamingClient(port: cluster.port)
      let whole = StreamedText(client.complete(body).body)
      try #require(whole.isDone && whole.finishReason == "length")
      for (fault, position) in [("stop", 40), ("hang", 90)] {
        try Self.arm(fault, stage: 1, position: position, in: cluster)
        #expect(StreamedText(client.complete(body).body) == whole, "\(fault)")
        #expect(!Self.isArmed(stage: 1, in: cluster))
        // The stopped one comes back as a spare; the hung one does not.
        for worker in cluster.workers { kill(worker.processIdentifier, SIGCONT) }
        #expect(StreamedText(client.complete(body).body) == whole, "after \(fault)")
      }
      let log = cluster.log("coordinator")
      #expect(log.contains("has not been heard for"))
      #expect(log.contains("computed nothing for"))
      #expect(cluster.logs(of: "w").contains("registering again"))
    }

    @Test("a coordinator that is killed finds its workers again, with their weights; they leave when it drains them")
    func coordinatorRestart() async throws {
      let cluster = try await ServedCluster(workerCount: 2)
      let body = Recovery.request("Once upon a time", tokens: 30, seed: 3)
      let before = try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body)
      for _ in 0..<2 {
        let interrupted = cluster.stream(
          "/v1/completions", Recovery.request("The whale", tokens: 2000, seed: 1, more: ", \"stream\": true"))
        try await Task.sleep(for: .milliseconds(100))
        cluster.killCoordinator()
        #expect(!StreamedText(try await interrupted.end.value.body).isDone)
        try cluster.restartCoordinator()
        try await cluster.waitUntilReady()
        #expect(try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body) == before)
      }
      for worker in cluster.workers { #expect(worker.isRunning) }
      // Three coordinators, one load each; and nothing of the requests that broke off.
      let logs = cluster.logs(of: "w")
      let readyCount = logs.ranges(of: "stage ready").count
      #expect(readyCount >= 6 && logs.ranges(of: "loaded=now").count == 2, "\(logs)")
      #expect(logs.ranges(of: "held_sequences=0").count == readyCount, "\(logs)")
    }

    @Test("a drained worker leaves without a request noticing: by command, and by SIGTERM")
    func drained() async throws {
      let cluster = try await ServedCluster(workerCount: 2, spareCount: 1, arguments: ["--context", "2048"])
      let body = Recovery.request("Once upon a time", tokens: 1200, seed: 3, more: ", \"stream\": true")
      let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
      try #require(whole.isDone && whole.finishReason == "length")
      let first = cluster.stream("/v1/completions", body)
      let endpoint = "ipc://\(cluster.folder.path("c"))"
      let outcome = try await Program.run(["drain", "w0", "--coordinator", endpoint], limit: 60)
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(StreamedText(try await first.end.value.body) == whole)
      cluster.workers[0].waitUntilExit()
      #expect(cluster.workers[0].terminationStatus == 0)
      let second = cluster.stream("/v1/completions", body)
      kill(cluster.workers[1].processIdentifier, SIGTERM)
      cluster.workers[1].waitUntilExit()
      #expect(cluster.workers[1].terminationStatus == 0)
      #expect(StreamedText(try await second.end.value.body) == whole)
      // The last one goes when nothing runs any more.
      kill(cluster.workers[2].processIdentifier, SIGTERM)
      cluster.workers[2].waitUntilExit()
      #expect(cluster.workers[2].terminationStatus == 0)
      let unknown = try await Program.run(["drain", "missing", "--coordinator", endpoint], limit: 60)
      #expect(unknown.status == 69 && unknown.errors.contains("missing"))
    }

    @Test("chaos stops, continues and kills a worker of the cluster named, and no other; run restarts its own")
    func chaos() async throws {
      let cluster = try await ServedCluster(workerCount: 1, spareCount: 1)
      let endpoint = "ipc://\(cluster.folder.path("c"))"
      let body = Recovery.request("Once", tokens: 20, seed: 3)
      let before = try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body)
      for arguments in [["stop", "w0"], ["cont", "w0"], ["delay", "w1", "--seconds", "0.1"], ["kill", "w0"]] {
        let outcome = try await Program.run(["chaos"] + arguments + ["--coordinator", endpoint], limit: 30)
        try #require(outcome.status == 0, "\(outcome.errors)")
      }
      cluster.workers[0].waitUntilExit()
      #expect(cluster.workers[0].terminationReason == .uncaughtSignal)
      #expect(try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body) == before)
      let other = try await Program.run(["chaos", "kill", "--coordinator", endpoint + "x"], limit: 30)
      #expect(other.status == 69)
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where the program beside the tests has no fail-points.
  static var needsFailPoints: Self {
    #if DEBUG
      let isDebug = true
    #else
      let isDebug = false
    #endif
    return .enabled(if: isDebug, "fail-points are compiled into debug builds only")
  }
}
