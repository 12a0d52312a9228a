import Fixtures
import Foundation
import Core
import WeightDistribution
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
    let assignment = try sample.assignment(epoch: 1)
    let settings = CheckpointSettings(cache: BlobStore(folder: sample.scratch.path("cache")))
    let stage = StageCheckpoint(settings, threadCount: 1, blobs: LocalBlobs())
    let reporter = LoadReporter { _ in }
    let connections = coordinator.connections()
    defer { connections.close() }
    func find() throws -> Checkpoint {
      try stage.find(assignment, over: connections, reporter: reporter, cancellation: Cancellation())
    }
    try stage.fetchAhead(assignment, over: connections, reporter: reporter, cancellation: Cancellation())
    let asked = coordinator.asked.count
    #expect(asked > 0 && coordinator.newsCount == 1)
    for _ in 0..<2 {
      #expect(try find().tensors.map(\.name).sorted() == sample.checkpoint.tensors.map(\.name).sorted())
    }
    #expect(coordinator.asked.count == asked && coordinator.newsCount == 1)
    stage.forgetCoordinator()
    _ = try find()
    #expect(coordinator.asked.count == asked && coordinator.newsCount == 2)
  }

  @Test("what was fetched serves every scaling of RoPE that a coordinator asks for")
  func ropeScaling() throws {
    let sample = try SharedSample()
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news])
    let stage = StageCheckpoint(
      CheckpointSettings(cache: BlobStore(folder: sample.scratch.path("cache"))), threadCount: 1, blobs: LocalBlobs())
    let connections = coordinator.connections()
    defer { connections.close() }
    for rope: RopeOverride? in [nil, .linear(factor: 2), .yarn(factor: 4, originalLength: 16)] {
      var assignment = try sample.assignment(epoch: 1)
      assignment.model.rope = rope
      let found = try stage.find(
        assignment, over: connections, reporter: LoadReporter { _ in }, cancellation: Cancellation())
      let path = sample.scratch.path("model.gguf")
      #expect(try found.configuration == Checkpoint(path: path, rope: rope).configuration)
      #expect(found.rope == rope)
    }
  }
}
