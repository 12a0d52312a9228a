import Fixtures
import Foundation
import Testing

extension EndToEnd.Recovery {
  /// Processes killed in the middle of prompts and answers, at every stage of three, with logs that hold everything,
  /// too little, and nothing, with and without a disk.
  @Test(
    "a lost stage is rebuilt while the others keep their caches, and the client sees the same tokens",
    arguments: [
      "", "--replay-log 64KiB", "--replay-log 64KiB --replay-disk 0", "--replay-log 64KiB --replay-disk 128KiB",
      "--replay-log 0",
    ])
  func replayed(log: String) async throws {
    let cluster = try await ServedCluster(
      workerCount: 3, spareCount: 1, arguments: ["--context", "2048", "--group-size", "8", "--chunk", "32"],
      workerArguments: log.split(separator: " ").map(String.init))
    let client = StreamingClient(port: cluster.port)
    let prompt = String(repeating: "The little dog ran to the old house by the river. ", count: 20)
    var kills = 0
    for seed in [nil, 7] {
      let body = Self.request(prompt, tokens: 300, seed: seed, more: ", \"stream\": true")
      let whole = StreamedText(client.complete(body).body)
      try #require(whole.isDone && whole.finishReason == "length" && whole.error == nil)
      for stage in 0..<3 {
        let log = cluster.log("coordinator")
        guard let name = Self.worker(ofStage: stage, in: log), let index = Int(name.dropFirst()) else {
          Issue.record("no plan in the log")
          return
        }
        let disturbed = cluster.stream("/v1/completions", body)
        // In the prompt or the answer, as it happens, but never after it: a fast machine has no time to lose.
        await cluster.waitForTokens(Int.random(in: 0...60), in: disturbed.answer)
        cluster.kill(index)
        #expect(StreamedText(try await disturbed.end.value.body) == whole, "stage \(stage), seed \(seed ?? -1)")
        try cluster.restartWorker(index)
        kills += 1
      }
    }
    let recoveries = cluster.log("coordinator").split(separator: "\n").filter { $0.contains("replayed_tokens=") }
    print("replays with '\(log)': \(kills) kills, \(recoveries.count) of running requests")
    for line in recoveries { print("  \(line)") }
    #expect(cluster.logs(of: "w").contains("held_sequences=1"))
  }

  /// The worker of a stage in the last plan that the coordinator logged.
  private static func worker(ofStage stage: Int, in log: String) -> String? {
    // A plan's reasons name the workers in the order of their stages: "w2: layers [0, 2) …".
    let names = log.split(separator: "\n").compactMap { line -> Substring? in
      line.firstRange(of: ": layers [").map { line[..<$0.lowerBound].suffix(2) }
    }
    guard names.count >= 3 else { return nil }
    return String(names[names.count - 3 + stage])
  }
}
