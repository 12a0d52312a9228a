import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("A served cluster that keeps prompts and answers")
  struct PrefixCache {
    /// An answer, or an event of one.
    private struct Body: Decodable {
      struct Choice: Decodable { let token_ids: [Int]? }
      struct Usage: Decodable {
        struct Details: Decodable { let cached_tokens: Int }
        let prompt_tokens_details: Details
      }
      let choices: [Choice]
      let usage: Usage?
    }

    private struct Answer: Equatable {
      var tokens: [Int] = []
      var cachedCount = 0
    }

    private static func request(_ prompt: [Int], turn: Int, more: String = "") -> String {
      let sampling =
        turn.isMultiple(of: 2)
        ? "\"temperature\": 0" : "\"temperature\": 0.9, \"seed\": \(turn), \"repetition_penalty\": 1.1"
      return "{\"prompt\": \(prompt), \"max_tokens\": 40, \(sampling), \"ignore_eos\": true, "
        + "\"return_token_ids\": true\(more)}"
    }

    private static func answer(_ text: String) throws -> Answer {
      let body = try JSONDecoder().decode(Body.self, from: Data(text.utf8))
      return Answer(
        tokens: body.choices.first?.token_ids ?? [], cachedCount: body.usage?.prompt_tokens_details.cached_tokens ?? 0)
    }

    private func answer(
      _ prompt: [Int], turn: Int, on cluster: ServedCluster, more: String = ""
    ) async throws -> Answer {
      let reply = try await cluster.post("/v1/completions", Self.request(prompt, turn: turn, more: more))
      try #require(reply.status == 200, "\(reply.body)")
      return try Self.answer(reply.body)
    }

    /// An answer during which a worker with layers is killed.
    private func answerThroughLoss(_ prompt: [Int], turn: Int, on cluster: ServedCluster) async throws -> Answer {
      let more = ", \"stream\": true, \"stream_options\": {\"include_usage\": true}"
      let request = cluster.stream("/v1/completions", Self.request(prompt, turn: turn, more: more))
      await cluster.waitForTokens(5, in: request.answer)
      cluster.kill(turn % 2)
      let end = try await request.end.value
      var whole = Answer()
      for line in end.body.split(separator: "\n") where line.hasPrefix("data: {") {
        let piece = try Self.answer(String(line.dropFirst(6)))
        whole.tokens += piece.tokens
        whole.cachedCount = max(whole.cachedCount, piece.cachedCount)
      }
      return whole
    }

    @Test(
      "every turn of a chat has the tokens that a cluster without a cache gives, also when a worker is lost meanwhile",
      arguments: [["--group-size", "4", "--neighbor-window", "64"], ["--group-size", "1"]])
    func turns(policy: [String]) async throws {
      let arguments = policy + ["--context", "960", "--kv-type", "i16"]
      let plain = try await ServedCluster(workerCount: 1, arguments: arguments + ["--no-prefix-cache"])
      let kept = try await ServedCluster(workerCount: 2, spareCount: 2, arguments: arguments + ["--metrics"])
      var prompt = (0..<150).map { 40 + $0 * 7 % 200 }
      for turn in 0..<5 {
        let expected = try await answer(prompt, turn: turn, on: plain)
        #expect(expected.tokens.count == 40 && expected.cachedCount == 0)
        let isLossy = turn == 2 || turn == 3
        let answer =
          isLossy
          ? try await answerThroughLoss(prompt, turn: turn, on: kept)
          : try await answer(prompt, turn: turn, on: kept)
        #expect(answer.tokens == expected.tokens, "turn \(turn)")
        // All full pages of the turn before, but for those that ended with a plan.
        let full = turn == 0 ? 0 : (prompt.count - 10 - 1) / 64 * 64
        #expect(answer.cachedCount == full, "turn \(turn), a prompt of \(prompt.count)")
        let again = try await self.answer(prompt, turn: turn, on: kept, more: ", \"cache_prompt\": false")
        #expect(again == expected, "turn \(turn) without the cache")
        prompt += expected.tokens + (0..<10).map { 60 + $0 + turn }
      }
      let metrics = try await kept.metrics {
        $0["prefix_cache_hit_requests_total"] == 4 && $0["kv_cache_usage_ratio"] == 0
      }
      #expect(metrics["kv_cache_usage_ratio"] == 0 && metrics["prefix_cache_pages"] ?? 0 > 0)
    }

    @Test("requests need no page that is only kept: a small cache serves texts without end")
    func pressure() async throws {
      let cluster = try await ServedCluster(
        workerCount: 2, arguments: ["--group-size", "1", "--context", "256", "--sequences", "2", "--metrics"])
      let alone = try await ServedCluster(
        workerCount: 1, arguments: ["--group-size", "1", "--context", "256", "--no-prefix-cache"])
      for index in 0..<12 {
        let prompt = (0..<(70 + index * 9)).map { 40 + ($0 * 7 + index % 3) % 200 }
        #expect(
          try await answer(prompt, turn: index, on: cluster).tokens
            == answer(prompt, turn: index, on: alone).tokens)
      }
      let metrics = try await cluster.metrics { $0["prefix_cache_evicted_pages_total"] ?? 0 > 0 }
      #expect(metrics["request_errors_total"] == 0)
    }
  }
}
