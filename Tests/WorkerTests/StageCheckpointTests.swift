import Fixtures
import Foundation
import Inference
import Provisioning
import Testing
import Weights
import Wire

@testable import Worker

@Suite("Where a stage finds the model")
struct StageCheckpointTests {
  @Test("what was fetched in advance needs nobody, until another coordinator may have come")
  func ahead() throws {
    let sample = try SharedSample()
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news])
    let supply = StageSupply { coordinator.lines() }
    let assignment = StageAssignment(
      epoch: PlanEpoch(1), stageIndex: 0, stageCount: 1, layers: try #require(LayerRange(lower: 0, upper: 1)),
      modelPaths: ["/nonexistent"],
      modelFingerprint: sample.checkpoint.fingerprint, nextEndpoint: "ipc:///tmp/nobody", kvElementType: .i16,
      pageCount: 1, contextLength: 64, maximumStepTokenCount: 16, sharesWeights: true)
    let settings = CheckpointSettings(cache: WeightCache(folder: sample.scratch.path("cache")))
    let stage = StageCheckpoint(settings, threadCount: 1, held: HeldWeights())
    try stage.fetchAhead(assignment, from: supply) { _ in }
    let asked = coordinator.asked.count
    #expect(asked > 0 && coordinator.newsCount == 1)
    for _ in 0..<2 {
      let found = try stage.find(assignment, from: supply) { _ in }
      #expect(found.tensors.map(\.name).sorted() == sample.checkpoint.tensors.map(\.name).sorted())
    }
    #expect(coordinator.asked.count == asked && coordinator.newsCount == 1)
    stage.forgetCoordinator()
    _ = try stage.find(assignment, from: supply) { _ in }
    #expect(coordinator.asked.count == asked && coordinator.newsCount == 2)
  }
}
