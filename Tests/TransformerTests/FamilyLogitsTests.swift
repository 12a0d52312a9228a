import Core
import Fixtures
import Foundation
import Testing
import Weights

/// `../EndToEndTests/Goldens/families.json` has the models and the logits of their definitions. Families with experts
/// have theirs in `experts.json`.
@Suite("Models of every family")
struct FamilyLogitsTests {
  private static let goldens = try? RandomModels.read("families")
  private static let names = goldens?.models.map(\.name) ?? []
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("each family that is computed has a model in the goldens")
  func allFamilies() throws {
    let families = try ["families", "experts"].flatMap { try RandomModels.read($0).models.map(\.family) }
    #expect(Set(families) == Set(Architecture.supported.map(\.name)))
  }

  @Test(
    "each comes near its definition in double precision, and any stages, chunks and threads give the same bytes",
    arguments: names)
  func logits(name: String) throws {
    let goldens = try RandomModels.read("families")
    let model = try #require(goldens.models.first { $0.name == name })
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
      // Of logits around 1; a missing bias, norm, cap or turn changes them by 0.001 and more.
      #expect(error < 5e-5, "G=\(run.group_size)")
      for (stages, chunk, threads) in [(1, 1, 1), (2, 7, 1), (3, 48, 2)] {
        let split = try read(stages: stages, chunk: chunk, threads: threads)
        #expect(split.map(\.bitPattern) == whole.map(\.bitPattern), "\(stages) stages, chunks of \(chunk)")
      }
    }
  }
}
