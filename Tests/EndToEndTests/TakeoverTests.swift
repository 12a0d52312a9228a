import Fixtures
import Foundation
import Testing

extension ServedCluster {
  /// Which workers of three have layers, and which has none; with what the coordinator has given out so far. For one
  /// that was started with `--metrics`.
  func roles() async throws -> (stages: [Int], spare: Int, sentByteCount: Double) {
    let deadline = ContinuousClock.now + .seconds(30)
    repeat {
      let shown = try await metrics()
      let layers = (0..<3).compactMap { shown["worker_layers{worker=\"w\($0)\"}"] }
      if layers.count == 3, let spare = layers.firstIndex(of: 0) {
        return ((0..<3).filter { $0 != spare }, spare, try #require(shown["weights_sent_bytes_total"]))
      }
      try await Task.sleep(for: .milliseconds(50))
    } while ContinuousClock.now < deadline
    throw NotReady(log: log("coordinator"))
  }

  /// Waits until a spare has the weights of both stages.
  func waitUntilAhead(_ spare: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while log("w\(spare)").matches(of: /layers .* are here/).count < 2 {
      guard ContinuousClock.now < deadline else { throw NotReady(log: log("w\(spare)")) }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

extension EndToEnd {
  /// `LONGHAUL_TAKEOVER_MODEL` names a larger model than the demo, `LONGHAUL_TAKEOVER_TRIALS` says how often (once).
  @Suite("A spare takes over without the model's file")
  struct Takeover {
    @Test("with its weights fetched in advance, and without: the same tokens, and how long it took is printed")
    func takeover() async throws {
      let environment = ProcessInfo.processInfo.environment
      let model = environment["LONGHAUL_TAKEOVER_MODEL"] ?? SharedFiles.demo
      for trial in 0..<(environment["LONGHAUL_TAKEOVER_TRIALS"].flatMap { Int($0) } ?? 1) {
        for isAhead in [false, true] {
          let seconds = try await pause(model: model, isAhead: isAhead, stage: trial % 2)
          print("takeover: \(isAhead ? "ahead" : "not ahead"), next token \(seconds) s after the kill")
        }
      }
    }

    private func pause(model: String, isAhead: Bool, stage: Int) async throws -> Double {
      let folder = try ScratchFolder()
      let cluster = try await ServedCluster(
        workerCount: 2, spareCount: 1, model: model, arguments: ["--metrics", "--context", "2048"],
        workerArguments: ["--model", folder.path("none")] + (isAhead ? [] : ["--share", "none"]), hasOwnCaches: true,
        folder: folder)
      // Long enough to be under way for some seconds, whichever model it is.
      let tokens = model == SharedFiles.demo ? 1500 : 120
      let body = Recovery.request("Once upon a time", tokens: tokens, seed: 4, more: ", \"stream\": true")
      let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
      try #require(whole.isDone && whole.error == nil)
      let (stages, spare, _) = try await cluster.roles()
      if isAhead { try await cluster.waitUntilAhead(spare) }
      let client = StreamingClient(port: cluster.port)
      let answer = Task.detached { client.complete(body) }
      try await Task.sleep(for: .milliseconds(300))
      let kill = ContinuousClock.now
      cluster.kill(stages[stage])
      let disturbed = await answer.value
      #expect(StreamedText(disturbed.body) == whole)
      // What was on its way when the worker died still comes: the longest silence is the takeover's.
      let times = [kill] + disturbed.arrivals.filter { $0 > kill }
      let next = zip(times, times.dropFirst()).max { $0.1 - $0.0 < $1.1 - $1.0 }?.1 ?? kill
      let (seconds, attoseconds) = (next - kill).components
      return Double(seconds) + (Double(attoseconds) * 1e-16).rounded() / 100
    }
  }
}
