import Core
import Fixtures
import Foundation
import Testing
import Weights

/// `folders.json` in `../EndToEndTests/Goldens` has the models and their definitions' logits.
@Suite("Models in Hugging Face folders")
struct FolderLogitsTests {
  private static let names = (try? ModelFolders.read())?.models.map(\.name) ?? []
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test(
    "each comes near its definition in float64, and any shards, stages, chunks and threads give the same bytes",
    arguments: names)
  func logits(name: String) throws {
    let goldens = try ModelFolders.read()
    let model = try #require(goldens.models.first { $0.name == name })
    func read(shards: Int, stages: Int, chunk: Int, threads: Int) throws -> [Float] {
      let place = folder.url.appendingPathComponent("\(shards)-\(stages)")
      try model.write(to: place, shardCount: shards)
      var chain = try StageChain(
        path: place.path, stageCount: stages, policy: (1, 0), kv: .f32, threads: threads, context: 64, chunk: chunk)
      return try chain.read(prompt: goldens.ids, chunk: chunk)
    }
    let whole = try read(shards: 1, stages: 1, chunk: 48, threads: 1)
    try #require(whole.count == model.logits.count)
    let error = zip(whole, model.logits).map { abs($0 - $1) }.max() ?? .infinity
    // Weights of 8 bits are computed as BF16, whose inputs are rounded, and so are those of MXFP4.
    #expect(error < (name.contains("8-bit") || name.contains("MXFP4") ? 2e-2 : 1e-4))
    for (shards, stages, chunk, threads) in [(3, 2, 7, 1), (2, 3, 48, 2)] {
      let split = try read(shards: shards, stages: stages, chunk: chunk, threads: threads)
      #expect(split.map(\.bitPattern) == whole.map(\.bitPattern), "\(shards) shards, \(stages) stages")
    }
  }
}
