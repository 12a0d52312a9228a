import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("A served cluster that guesses tokens")
  struct Speculation {
    private static let prompt =
      String(repeating: "The little dog ran to the old house by the river. ", count: 3) + "The little dog"

    /// Greedy, seeded with penalties, and bound to a grammar that repeats itself.
    private static let requests = [
      "\"temperature\": 0", "\"temperature\": 0.7, \"seed\": 5",
      "\"temperature\": 0.9, \"seed\": 6, \"frequency_penalty\": 0.2",
      "\"temperature\": 1, \"seed\": 7, \"grammar\": \"root ::= ( \\\"ab, cd, ef; \\\" [x-z] \\\"\\n\\\" )+\"",
    ].map { "{\"prompt\": \"\(prompt)\", \"max_tokens\": 100, \"ignore_eos\": true, \($0)}" }

    @Test("answers are the same with and without, greedy and seeded, bound to a grammar or not", arguments: [1, 3])
    func sameAnswers(workerCount: Int) async throws {
      let common = ["--context", "400", "--group-size", "2", "--neighbor-window", "64", "--metrics"]
      let plain = try await ServedCluster(workerCount: 1, arguments: common + ["--speculate", "off"])
      let expected = try await Self.requests.asyncMap { try await plain.post("/v1/completions", $0).body }
      #expect(try await plain.metrics()["speculation_drafted_tokens_total"] == 0)
      for mode in ["auto", "lookup"] {
        let cluster = try await ServedCluster(workerCount: workerCount, arguments: common + ["--speculate", mode])
        for (request, expected) in zip(Self.requests, expected) {
          let body = try await cluster.post("/v1/completions", request).body
          #expect(try CompletionAnswer.text(body) == CompletionAnswer.text(expected), "\(mode): \(request)")
        }
        let metrics = try await cluster.metrics()
        #expect(metrics["speculation_accepted_tokens_total"] ?? 0 > 0, "\(mode)")
      }
    }
  }
}

extension Array {
  fileprivate func asyncMap<Result>(_ change: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await change(element)) }
    return results
  }
}
