import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Workers of different speeds")
  struct Speeds {
    private struct Shown: Decodable {
      struct Stage: Decodable {
        let worker: String
        let layer_count: Int
      }
      struct Plan: Decodable { let stages: [Stage] }
      struct Speed: Decodable { let prefill, decode: Double }
      struct Worker: Decodable {
        let name: String
        let speed: Speed?
      }
      let plan: Plan?
      let workers: [Worker]
    }

    private static let request = Recovery.request("Once upon a time", tokens: 30, seed: 7)

    private static func shown(_ cluster: ServedCluster) async throws -> Shown {
      try JSONDecoder().decode(Shown.self, from: Data(try await cluster.get("/cluster").body.utf8))
    }

    private static func layers(_ shown: Shown) -> [String: Int] {
      Dictionary(uniqueKeysWithValues: shown.plan?.stages.map { ($0.worker, $0.layer_count) } ?? [])
    }

    @Test("the one that is half as fast gets fewer layers, and the answer has the same bytes")
    func half() async throws {
      let even = try await ServedCluster(workerCount: 2)
      let expected = try CompletionAnswer.text(try await even.post("/v1/completions", Self.request).body)
      let equal = Self.layers(try await Self.shown(even))
      #expect(try await Self.shown(even).workers.allSatisfy { $0.speed == nil })
      let uneven = try await ServedCluster(
        workerCount: 2, ownArguments: [["--speed", "1"], ["--speed", "0.5"]])
      let shown = try await Self.shown(uneven)
      let layers = Self.layers(shown)
      #expect(layers["w1"] ?? 0 < layers["w0"] ?? 0)
      #expect(layers["w1"] ?? 0 < equal["w1"] ?? 0)
      #expect(shown.workers.first { $0.name == "w1" }?.speed?.decode == 0.5)
      #expect(try CompletionAnswer.text(try await uneven.post("/v1/completions", Self.request).body) == expected)
    }

    @Test("a worker measures itself before it registers, and never again while its host stays the same")
    func measured() async throws {
      let cluster = try await ServedCluster(workerCount: 1, measures: true)
      let first = try #require(try await Self.shown(cluster).workers.first?.speed)
      #expect(first.prefill > 0 && first.decode > 0)
      #expect(cluster.log("w0").contains("speed measured") && !cluster.log("w0").contains("as measured before"))
      cluster.kill(0)
      try cluster.restartWorker(0)
      #expect(try await cluster.waitForLog("w0", "speed as measured before"))
      #expect(cluster.log("w0").components(separatedBy: "speed measured").count == 2)
    }
  }
}
