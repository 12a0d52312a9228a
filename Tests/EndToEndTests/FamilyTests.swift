import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Models of every family")
  struct Families {
    @Test(
      "each comes near its definition in double precision, and 1, 2 and 3 workers give the same bytes",
      arguments: ["llama", "qwen2", "qwen3", "gemma3", "gemma4", "gemma4 E2B", "phi2", "phi3"])
    func logits(family: String) async throws { try await compare(family, of: "families") }

    @Test(
      "so does each with experts, whose rows are grouped otherwise in every chunk",
      arguments: [
        "llama", "qwen2moe", "qwen3moe", "gpt-oss", "deepseek2 of V2-Lite", "deepseek2 of V3", "gemma4 with experts",
      ])
    func logitsOfExperts(family: String) async throws { try await compare(family, of: "experts") }

    private func compare(_ family: String, of file: String) async throws {
      let goldens = try RandomModels.read(file)
      let model = try #require(goldens.models.first { $0.name == family })
      let folder = try ScratchFolder()
      let path = folder.path("model.gguf")
      try goldens.file(model).write(to: URL(fileURLWithPath: path))
      for run in model.runs {
        let policy = ["--group-size", "\(run.group_size)", "--neighbor-window", "\(run.neighbor_window)"]
        let arguments = policy + ["--kv-type", "f32", "--max-tokens", "4"]
        let alone = try await IDRun.of(path, ids: goldens.ids, arguments + ["--threads", "2"])
        try #require(alone.logits.count == run.logits.count)
        let error = zip(alone.logits, run.logits).map { abs($0 - $1) }.max() ?? .infinity
        // Of logits around 1; a missing bias, norm or turn changes them by 0.01 and more.
        #expect(error < 1e-4, "G=\(run.group_size)")
        for (workers, chunk) in [(2, 7), (3, 48)] {
          let split = try await IDRun.of(
            path, ids: goldens.ids, arguments + ["--workers", "\(workers)", "--chunk", "\(chunk)"])
          #expect(split.output.tokens == alone.output.tokens)
          #expect(split.logits.map(\.bitPattern) == alone.logits.map(\.bitPattern))
        }
      }
    }
  }
}
