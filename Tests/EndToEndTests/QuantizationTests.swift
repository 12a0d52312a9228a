import Fixtures
import Foundation
import Core
import Tensors
import Testing

extension EndToEnd {
  @Suite("Models in every quantization")
  struct Quantizations {
    private struct Inspection: Decodable {
      struct Tensor: Decodable {
        let name: String
        let type: String
        let bytes: Int
      }
      let tensors: [Tensor]
    }

    @Test("each type and the mixes of Q4_K_M come near what their decoded weights give in double precision")
    func logits() async throws {
      let goldens = try RandomModels.read()
      let quantized = ElementType.allCases.filter { $0.blockElementCount > 1 }.map(\.description)
      #expect(Set(quantized).isSubset(of: goldens.models.map(\.name)))
      for model in goldens.models {
        let folder = try ScratchFolder()
        let path = folder.path("model.gguf")
        try goldens.file(model).write(to: URL(fileURLWithPath: path))
        for run in model.runs {
          let result = try await IDRun.of(
            path, ids: goldens.ids,
            [
              "--group-size", "\(run.group_size)", "--neighbor-window", "\(run.neighbor_window)", "--kv-type", "f32",
              "--max-tokens", "1",
            ])
          try #require(result.logits.count == run.logits.count)
          let error = zip(result.logits, run.logits).map { abs($0 - $1) }.max() ?? .infinity
          // The reference multiplies by exact activations, the engine by such as are rounded to bytes: 0.046 was
          // measured. That the engine's sums of those are exact is for KernelTests to say.
          #expect(error < 0.1, "\(model.name), feed-forward \(model.feed_forward), G=\(run.group_size)")
        }
      }
    }

    @Test(
      "a mix is listed with all its types, its bytes are planned, and it runs the same anywhere",
      arguments: [("Q4_K_M", 5), ("UD-IQ2_XXS", 13)])
    func mixed(name: String, typeCount: Int) async throws {
      let goldens = try RandomModels.read()
      let model = try #require(goldens.models.last { $0.name == name })
      #expect(Set(model.tensors.map(\.type)).count == typeCount)
      let folder = try ScratchFolder()
      let path = folder.path("model.gguf")
      try goldens.file(model).write(to: URL(fileURLWithPath: path))

      let inspected = try await Program.run(["inspect", path, "--json"])
      try #require(inspected.status == 0, "\(inspected.errors)")
      let tensors = try JSONDecoder().decode(Inspection.self, from: inspected.output).tensors
      #expect(tensors.map(\.type) == model.tensors.map(\.type))

      let arguments = ["--group-size", "4", "--neighbor-window", "8", "--max-tokens", "8"]
      let alone = try await IDRun.of(path, ids: goldens.ids, arguments + ["--threads", "2"])
      #expect(alone.output.plan.map(\.weight_bytes).reduce(0, +) == tensors.map(\.bytes).reduce(0, +))
      let split = try await IDRun.of(path, ids: goldens.ids, arguments + ["--workers", "3", "--chunk", "5"])
      #expect(split.output.tokens == alone.output.tokens)
      #expect(split.logits.map(\.bitPattern) == alone.logits.map(\.bitPattern))
    }
  }
}
