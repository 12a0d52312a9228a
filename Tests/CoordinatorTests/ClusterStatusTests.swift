import Coordinator
import Core
import Foundation
import TestTraits
import Testing

@Suite("The status of a cluster", .serialized, .ownThread, .timeLimit(.minutes(5)))
struct ClusterStatusTests {
  /// What the page and other readers rely on.
  private struct Read: Decodable {
    struct Phase: Decodable { let name: String }
    struct Plan: Decodable {
      struct Stage: Decodable {
        let worker: String
        let first_layer: Int
        let layer_count: Int
      }
      let stages: [Stage]
    }
    struct Worker: Decodable {
      let name: String
      let state: String
      let stage: Int?
      let memory_bytes: Int?
    }
    struct Cache: Decodable { let pages, used_pages: Int }
    struct Totals: Decodable { let steps, prefill_tokens, generated_tokens: Int }
    struct Event: Decodable { let kind: String }
    struct Step: Decodable {
      let number: Int
      let stages: [[Int]]
    }
    let phase: Phase
    let plan: Plan?
    let workers: [Worker]
    let cache: Cache?
    let totals: Totals
    let events: [Event]
    let steps: [Step]?
  }

  private static func read(_ engine: ClusterEngine, after number: UInt64?) throws -> Read {
    try JSONDecoder().decode(Read.self, from: try JSONEncoder().encode(engine.status(stepsAfter: number)))
  }

  @Test("has every layer in one stage, a standby, and each step on every stage")
  func serving() async throws {
    let cluster = try PlayedCluster(logByteCount: nil)
    #expect(try Self.read(cluster.engine, after: nil).phase.name == "gathering")
    try await cluster.start()
    _ = try await cluster.answer(seed: nil)
    let status = try Self.read(cluster.engine, after: 0)
    #expect(status.phase.name == "serving")
    let stages = try #require(status.plan?.stages)
    #expect(stages.map(\.layer_count).reduce(0, +) == 6 && stages.count == PlayedCluster.stageCount)
    #expect(status.workers.count == PlayedCluster.stageCount + 1)
    #expect(status.workers.compactMap(\.stage).sorted() == [0, 1, 2])
    #expect(status.workers.allSatisfy { $0.state == "alive" && $0.memory_bytes == 1 << 30 })
    #expect(status.totals.generated_tokens == PlayedCluster.newTokenCount)
    #expect(status.totals.prefill_tokens == PlayedCluster.prompt.count)
    let steps = try #require(status.steps)
    #expect(steps.last?.number == status.totals.steps)
    #expect(steps.allSatisfy { $0.stages.count == PlayedCluster.stageCount && $0.stages.allSatisfy { $0.count == 3 } })
    #expect(status.cache?.used_pages == 0)
    #expect(try Self.read(cluster.engine, after: nil).steps == nil)
    // A step that releases the sequence may have followed.
    let later = try Self.read(cluster.engine, after: UInt64(status.totals.steps)).steps
    #expect(later?.allSatisfy { $0.number > status.totals.steps } == true)
    await cluster.end()
  }

  @Test("says which worker was lost, and that another plan serves")
  func loss() async throws {
    let cluster = try PlayedCluster(logByteCount: nil)
    try await cluster.start()
    _ = try await cluster.answer(seed: nil, losing: (stage: 1, at: .inAnswer))
    let kinds = try Self.read(cluster.engine, after: nil).events.map(\.kind)
    #expect(kinds.contains("plan") && kinds.contains("serving"))
    await cluster.end()
  }
}
