import Core
import Fixtures
import Foundation
import Testing

/// `rope_scaling.json` in `../EndToEndTests/Goldens` has logits of models in `folders.json` by transformers.
@Suite("Models under another scaling of RoPE")
struct RopeScalingLogitsTests {
  private struct Goldens: Decodable {
    struct Run: Decodable {
      let model: String
      let scaling: String
      let logits: [Float]
    }
    let runs: [Run]

    static func read() throws -> Goldens {
      let file = SharedFiles.root.appendingPathComponent("Tests/EndToEndTests/Goldens/rope_scaling.json")
      return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
    }
  }

  private static let runs = (try? Goldens.read())?.runs.map { [$0.model, $0.scaling] } ?? []
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func logits(_ model: ModelFolders.Model, _ rope: RopeOverride?, stages: Int, chunk: Int) throws -> [Float] {
    let place = folder.url.appendingPathComponent("model")
    try model.write(to: place)
    var chain = try StageChain(
      path: place.path, rope: rope, stageCount: stages, policy: (1, 0), kv: .f32, threads: 1, context: 64, chunk: chunk)
    return try chain.read(prompt: try ModelFolders.read().ids, chunk: chunk)
  }

  @Test("each comes near transformers' logits, and any stages and chunks give the same bytes", arguments: runs)
  func goldens(run: [String]) throws {
    let golden = try #require(try Goldens.read().runs.first { $0.model == run[0] && $0.scaling == run[1] })
    let model = try #require(try ModelFolders.read().models.first { $0.name == golden.model })
    let rope = try RopeOverride(golden.scaling)
    let whole = try logits(model, rope, stages: 1, chunk: 48)
    try #require(whole.count == golden.logits.count)
    let error = zip(whole, golden.logits).map { abs($0 - $1) }.max() ?? .infinity
    // Scalings move them by 0.01 to 0.6.
    #expect(error < 1e-4)
    let split = try logits(model, rope, stages: 3, chunk: 7)
    #expect(split.map(\.bitPattern) == whole.map(\.bitPattern))
  }

  @Test("a factor of 1 and the scaling 'none' change no byte of a model that has no scaling of its own")
  func neutral() throws {
    let model = try #require(try ModelFolders.read().models.first { $0.name == "llama" })
    let own = try logits(model, nil, stages: 1, chunk: 48)
    for scaling in ["none", "linear:1", "yarn:1"] {
      let logits = try logits(model, try RopeOverride(scaling), stages: 1, chunk: 48)
      #expect(logits.map(\.bitPattern) == own.map(\.bitPattern), "\(scaling)")
    }
  }
}
