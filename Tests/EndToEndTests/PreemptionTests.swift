import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Requests whose answers need more KV pages than there are")
  struct Preemption {
    /// Greedy, seeded with penalties, and bound to a grammar; each needs half of the pages in the end.
    private static let requests = [
      "\"temperature\": 0", "\"temperature\": 0.8, \"seed\": 5",
      "\"temperature\": 0.9, \"seed\": 6, \"frequency_penalty\": 0.2, \"repeat_penalty\": 1.1",
      "\"temperature\": 1, \"seed\": 7, \"grammar\": \"root ::= ( [a-f]+ [,.] [x-z]+ \\\" \\\" )+\"",
    ].enumerated().map { index, rest in
      "{\"prompt\": \"Story \(index): the dog\", \"max_tokens\": 210, \"ignore_eos\": true, \(rest)}"
    }

    private static func cluster(running: Int, workers: Int = 1, spares: Int = 0) async throws -> ServedCluster {
      try await ServedCluster(
        workerCount: workers, spareCount: spares,
        arguments: [
          "--group-size", "1", "--context", "256", "--sequences", "2", "--max-running-requests", "\(running)",
          "--metrics",
        ])
    }

    @Test("have the bytes that they have alone, also when a worker is lost meanwhile", arguments: [false, true])
    func sameBytes(isLossy: Bool) async throws {
      let alone = try await Self.cluster(running: 1)
      var expected: [String] = []
      for request in Self.requests {
        expected.append(try CompletionAnswer.text(await alone.post("/v1/completions", request).body))
      }
      #expect(try await alone.metrics()["preemptions_total"] == 0)
      let cluster = try await Self.cluster(running: 4, workers: 2, spares: isLossy ? 1 : 0)
      let answers = Self.requests.map { request in
        Task { try await CompletionAnswer.text(cluster.post("/v1/completions", request).body) }
      }
      if isLossy {
        _ = try await cluster.metrics { $0["preemptions_total"] ?? 0 > 0 }
        _ = try await cluster.kill(stage: 1)
      }
      for (answer, expected) in zip(answers, expected) { #expect(try await answer.value == expected) }
      let metrics = try await cluster.metrics { $0["kv_cache_usage_ratio"] == 0 && $0["preemptions_total"] ?? 0 > 0 }
      #expect(metrics["request_errors_total"] == 0)
    }
  }
}
