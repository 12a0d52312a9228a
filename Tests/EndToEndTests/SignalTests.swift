import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite("Signals: the first lets things end, the second ends them")
  struct Signals {
    private static let seconds = 20

    private static func hasEnded(_ process: Process) async throws -> Bool {
      try await becomes { !process.isRunning }
    }

    private static func becomes(_ isTrue: () async throws -> Bool) async throws -> Bool {
      // Well below the 30 s that a first signal leaves.
      let deadline = ContinuousClock.now + .seconds(seconds)
      while ContinuousClock.now < deadline {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(10))
      }
      return false
    }

    @Test(
      "a second one ends a coordinator at once, and a waiting request gets the reason", arguments: [SIGTERM, SIGINT])
    func coordinator(signal: Int32) async throws {
      let cluster = try await ServedCluster(workerCount: 1)
      let request = cluster.stream(
        "/v1/completions", Recovery.request("The whale", tokens: 2000, seed: 1, more: ", \"stream\": true"))
      await cluster.waitForTokens(1, in: request.answer)
      // Without workers, the request would wait for a minute.
      cluster.kill(0)
      kill(cluster.coordinator.processIdentifier, signal)
      // The first signal has arrived when new requests are refused; waiting ones keep waiting.
      #expect(try await Self.becomes { try await cluster.get("/health").status == 0 })
      #expect(cluster.coordinator.isRunning)
      kill(cluster.coordinator.processIdentifier, signal)
      #expect(try await Self.hasEnded(cluster.coordinator))
      #expect(cluster.coordinator.terminationStatus == 0)
      let answer = StreamedText(try await request.end.value.body)
      #expect(answer.error?.contains("stopping") == true, "\(answer)")
    }

    @Test("a worker serves on after the first; a second one ends it at once, and its request waits for another")
    func worker() async throws {
      let cluster = try await ServedCluster(workerCount: 1, arguments: ["--context", "16384"])
      let body = Recovery.request("The whale", tokens: 6000, seed: 3, more: ", \"stream\": true")
      let whole = cluster.stream("/v1/completions", body)
      await cluster.waitForTokens(1, in: whole.answer)
      kill(cluster.workers[0].processIdentifier, SIGTERM)
      #expect(try await Self.becomes { cluster.log("coordinator").contains("drains") })
      kill(cluster.workers[0].processIdentifier, SIGTERM)
      #expect(try await Self.hasEnded(cluster.workers[0]))
      #expect(cluster.workers[0].terminationStatus == 0)
      #expect(try await Self.becomes { cluster.log("coordinator").contains("the plan is over") })
      try cluster.restartWorker(0)
      let answer = StreamedText(try await whole.end.value.body)
      #expect(answer.isDone && answer.finishReason == "length" && answer.error == nil)
    }
  }
}
