import Fixtures
import Foundation
import Testing

/// What a client was given in a streamed completion, token for token.
struct StreamedText: Equatable {
  var text = ""
  var finishReason: String?
  var isDone = false
  var error: String?

  private struct Chunk: Decodable {
    struct Choice: Decodable {
      let text: String
      let finish_reason: String?
    }
    let choices: [Choice]
  }

  init(_ body: String) {
    for line in body.split(separator: "\n") where line.hasPrefix("data: ") {
      let data = line.dropFirst(6)
      if data == "[DONE]" {
        isDone = true
      } else if let chunk = try? JSONDecoder().decode(Chunk.self, from: Data(data.utf8)),
        let choice = chunk.choices.first
      {
        text += choice.text
        finishReason = choice.finish_reason ?? finishReason
      } else {
        error = String(data)
      }
    }
  }
}

extension EndToEnd {
  @Suite("A cluster that loses workers in the middle of requests")
  struct Recovery {
    static func request(_ prompt: String, tokens: Int, seed: Int?, more: String = "") -> String {
      let sampling =
        seed.map { "\"temperature\": 0.9, \"seed\": \($0), \"frequency_penalty\": 0.3" } ?? "\"temperature\": 0"
      return "{\"prompt\": \"\(prompt)\", \"max_tokens\": \(tokens), \(sampling), \"ignore_eos\": true\(more)}"
    }

    /// Starts a streamed request and returns when its first token has come.
    private func begin(
      _ body: String, on cluster: ServedCluster
    ) async throws -> Task<(status: Int, body: String), any Error> {
      let request = cluster.stream("/v1/completions", body)
      await cluster.waitForTokens(1, in: request.answer)
      return request.end
    }

    /// A spare takes over, a restarted worker comes back, or the others share its layers.
    @Test(
      "a request whose worker is killed continues with the same tokens",
      arguments: [(1, 0), (1, 1), (0, 2)])
    func killed(spares: Int, stage: Int) async throws {
      let workers = stage == 2 ? 3 : 2
      let cluster = try await ServedCluster(
        workerCount: workers, spareCount: spares, arguments: ["--context", "2048", "--group-size", "8"])
      for seed in [nil, 7] {
        try await cluster.waitForStages(workers)
        let body = Self.request("Once upon a time", tokens: 1000, seed: seed, more: ", \"stream\": true")
        let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
        #expect(whole.isDone && whole.finishReason == "length" && whole.error == nil)
        let disturbed = try await begin(body, on: cluster)
        let victim = try await cluster.kill(stage: stage)
        #expect(StreamedText(try await disturbed.value.body) == whole)
        try cluster.restartWorker(victim)
        // The killed one comes back in the middle of the next.
        #expect(StreamedText(try await cluster.post("/v1/completions", body).body) == whole)
      }
      // Without another worker, it waits for the one that comes back.
      let single = try await ServedCluster(workerCount: 1, arguments: ["--context", "2048"])
      let body = Self.request("The whale", tokens: 800, seed: 3, more: ", \"stream\": true")
      let whole = StreamedText(try await single.post("/v1/completions", body).body)
      let disturbed = try await begin(body, on: single)
      single.kill(0)
      try single.restartWorker(0)
      #expect(StreamedText(try await disturbed.value.body) == whole)
    }

    @Test(
      "nothing changes where layers have experts, whose rows a recovery groups otherwise",
      arguments: ["qwen2moe", "deepseek2 of V3", "gemma4 with experts"])
    func killedWithExperts(name: String) async throws {
      let goldens = try RandomModels.read("experts")
      let model = try #require(goldens.models.first { $0.name == name })
      let folder = try ScratchFolder()
      let path = folder.path("model.gguf")
      try goldens.file(model).write(to: URL(fileURLWithPath: path))
      let cluster = try await ServedCluster(
        workerCount: 2, spareCount: 1, model: path, arguments: ["--context", "1024", "--group-size", "16"])
      let body =
        "{\"prompt\": \(goldens.ids), \"max_tokens\": 900, \"temperature\": 0.9, \"seed\": 7, \"ignore_eos\": true, "
        + "\"stream\": true}"
      let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
      try #require(whole.isDone && whole.finishReason == "length" && whole.error == nil)
      for stage in 0..<2 {
        let disturbed = try await begin(body, on: cluster)
        let victim = try await cluster.kill(stage: stage)
        #expect(StreamedText(try await disturbed.value.body) == whole)
        try cluster.restartWorker(victim)
      }
    }
  }
}
