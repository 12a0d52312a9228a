import Core
import Fixtures
import Foundation
import Testing
import Weights

/// `families.json` and `experts.json` in `../EndToEndTests/Goldens` have the models and their definitions' logits.
@Suite("Models of every family")
struct FamilyLogitsTests {
  private static let files = ["families", "experts"]
  private static let names = files.flatMap { file in
    (try? RandomModels.read(file))?.models.map { [file, $0.name] } ?? []
  }
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("each family that is computed has a model in the goldens")
  func allFamilies() throws {
    let models = try Self.files.flatMap { try RandomModels.read($0).models }
    #expect(Set(models.map(\.family)) == Set(Architecture.supported.map(\.name)))
  }

  @Test("gates fused with the ways up give the same bytes", arguments: ["qwen3moe", "gpt-oss"])
  func fusedExperts(name: String) throws {
    let goldens = try RandomModels.read("experts")
    let model = try #require(goldens.models.first { $0.name == name })
    func logits(fusesGates: Bool) throws -> [Float] {
      let path = folder.path("model-\(fusesGates).gguf")
      try goldens.file(model, fusesGates: fusesGates).write(to: URL(fileURLWithPath: path))
      var chain = try StageChain(
        path: path, stageCount: 2, policy: (1, 0), kv: .f32, threads: 2, context: 64, chunk: 16)
      return try chain.read(prompt: goldens.ids, chunk: 16)
    }
    let fused = try logits(fusesGates: true)
    #expect(try fused.map(\.bitPattern) == logits(fusesGates: false).map(\.bitPattern))
  }

  @Test(
    "each comes near its definition in double precision, and any stages, chunks and threads give the same bytes",
    arguments: names)
  func logits(name: [String]) throws {
    let goldens = try RandomModels.read(name[0])
    let model = try #require(goldens.models.first { $0.name == name[1] })
    let path = folder.path("model.gguf")
    try goldens.file(model).write(to: URL(fileURLWithPath: path))
    for run in model.runs {
      func read(stages: Int, chunk: Int, threads: Int) throws -> [Float] {
        var chain = try StageChain(
          path: path, stageCount: stages, policy: (run.group_size, run.neighbor_window), kv: .f32, threads: threads,
          context: 64, chunk: chunk)
        return try chain.read(prompt: goldens.ids, chunk: chunk)
      }
      let whole = try read(stages: 1, chunk: 48, threads: 1)
      try #require(whole.count == run.logits.count)
      let error = zip(whole, run.logits).map { abs($0 - $1) }.max() ?? .infinity
      // Of logits around 1; a missing bias, norm, cap or turn changes them by 0.001 and more. Inputs of quantized
      // matrices are rounded to bytes, which the definition does not do.
      #expect(error < (model.isQuantized ? 0.02 : 5e-5), "G=\(run.group_size)")
      for (stages, chunk, threads) in [(1, 1, 1), (2, 7, 1), (3, 48, 2)] {
        let split = try read(stages: stages, chunk: chunk, threads: threads)
        #expect(split.map(\.bitPattern) == whole.map(\.bitPattern), "\(stages) stages, chunks of \(chunk)")
      }
    }
  }
}
