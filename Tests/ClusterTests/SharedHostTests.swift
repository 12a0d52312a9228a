import Core
import Testing

@testable import Cluster

@Suite("Workers that share a host")
struct SharedHostTests {
  private static let layers = Array(repeating: 10_000_000, count: 12)

  /// Workers of speed 1 on a host that does `together` at once.
  private static func workers(_ count: Int, together: Double) -> [WorkerResources] {
    (0..<count).map {
      var worker = WorkerResources(name: "w\($0)", memoryByteCount: 1 << 40, threadCount: 1, relativeSpeed: 1)
      worker.host = SharedHost(name: "host", speed: StageSpeed(prefill: together, decode: together))
      return worker
    }
  }

  private static func planner(sequences: Int) -> LayerPlanner {
    PlannerCase.planner(
      layers: layers, context: 4096, sequences: sequences,
      workload: Workload(promptTokenCount: 4000, answerTokenCount: 24, sequenceCount: sequences))
  }

  @Test("A full pipeline on one host is as fast as the host, however many workers divide it")
  func full() throws {
    let one = try Self.planner(sequences: 1).forecast(workers: Self.workers(1, together: 1), lengths: [])
    for count in [2, 3, 4] {
      let planner = Self.planner(sequences: count)
      let shared = try planner.forecast(workers: Self.workers(count, together: 1), lengths: [])
      #expect(abs(shared.prefillTokensPerSecond / one.prefillTokensPerSecond - 1) < 1e-6)
      #expect(shared.stages.map(\.prefillLoad) == Array(repeating: 1, count: count))
      // As many groups as stages: each sequence's token reads all layers.
      #expect(abs(shared.decodeTokensPerSecond / one.decodeTokensPerSecond - 1) < 1e-6)
    }
  }

  @Test("A single answer is in one stage at a time, which has the host's bandwidth to itself")
  func single() throws {
    let planner = Self.planner(sequences: 1)
    let shared = try planner.forecast(workers: Self.workers(3, together: 1), lengths: [])
    let free = try planner.forecast(workers: Self.workers(3, together: 3), lengths: [])
    #expect(shared.decodeTokensPerSecond == free.decodeTokensPerSecond)
    #expect(shared.stages.map(\.decodeSeconds) == free.stages.map(\.decodeSeconds))
    #expect(free.prefillTokensPerSecond > 2.9 * shared.prefillTokensPerSecond)
  }

  @Test("A host that can do all that its workers do changes nothing")
  func enough() throws {
    let planner = Self.planner(sequences: 4)
    var apart = Self.workers(4, together: 4)
    for index in apart.indices { apart[index].host = nil }
    #expect(
      try planner.forecast(workers: Self.workers(4, together: 4), lengths: [512])
        == planner.forecast(workers: apart, lengths: [512]))
  }

  @Test("A worker is no faster than its host")
  func bounded() {
    var worker = Self.workers(1, together: 0.5)[0]
    worker.offer.speed = nil
    worker.offer.threadCount = 4
    #expect(worker.speed == StageSpeed(prefill: 0.5, decode: 0.5))
  }

  @Test("Equal workers of one host divide the layers as if they had a host each")
  func sameSplit() throws {
    for together in [1.0, 1.7, 3] {
      let planner = Self.planner(sequences: 3)
      var apart = Self.workers(3, together: together)
      for index in apart.indices { apart[index].host = nil }
      #expect(
        try planner.plan(workers: Self.workers(3, together: together)).stages == planner.plan(workers: apart).stages)
    }
  }

  @Test("Beside two that share a host, a worker with a host of its own gets as many layers as both")
  func mixed() throws {
    var workers = Self.workers(3, together: 1)
    workers[2].host = nil
    let plan = try Self.planner(sequences: 3).plan(workers: workers)
    #expect(plan.stages.map(\.layers.count) == [3, 3, 6])
    #expect(plan.reasons.contains { $0.contains("workers of host share it") && $0.contains("reads at 50%") })
  }
}
