import Core
import Fixtures
import Foundation
import Testing
import Transformer

@Suite("What a plan counts of a stage besides weights and pages")
struct StageScratchTests {
  private static let names = ["families", "experts"].flatMap { file in
    (try? RandomModels.read(file))?.models.map { [file, $0.name] } ?? []
  }

  @Test("is what the stage allocates, of every family", arguments: names)
  func allocated(name: [String]) throws {
    let folder = try ScratchFolder()
    let goldens = try RandomModels.read(name[0])
    let model = try #require(goldens.models.first { $0.name == name[1] })
    let path = folder.path("model.gguf")
    try goldens.file(model).write(to: URL(fileURLWithPath: path))
    for (stageCount, context, chunk) in [(1, 64, 48), (2, 200, 7)] {
      let chain = try StageChain(
        path: path, stageCount: stageCount, policy: (1, 0), kv: .i16, threads: 1, context: context, chunk: chunk)
      for (index, stage) in chain.stages.enumerated() {
        let counted = StageScratch(
          chain.configuration, layers: chain.ranges[index].indices, hasHead: index == stageCount - 1,
          rowCapacity: chunk, contextLength: context)
        #expect(counted.byteCount == stage.scratchByteCount, "stage \(index) of \(stageCount)")
      }
    }
  }
}
