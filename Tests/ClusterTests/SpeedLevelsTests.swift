import Core
import Fixtures
import Testing

@testable import Cluster

@Suite("Levels of speed")
struct SpeedLevelsTests {
  private static func speed(_ prefill: Double, _ decode: Double) -> StageSpeed {
    StageSpeed(prefill: prefill, decode: decode)
  }

  /// A measurement that is off by 5 % at most.
  private static func noisy(
    _ speed: Double, decode: Double = 1, _ random: inout SeededGenerator
  ) -> StageSpeed {
    func share() -> Double { Double(Int.random(in: 9_760...10_240, using: &random)) / 10_000 }
    return StageSpeed(prefill: speed * share(), decode: speed * decode * share())
  }

  private static func worker(_ name: String, _ threads: Int, _ speed: StageSpeed? = nil) -> WorkerResources {
    var worker = WorkerResources(name: name, memoryByteCount: 1 << 40, threadCount: threads)
    worker.offer.speed = speed
    return worker
  }

  @Test("are speeds that differ by a tenth at most, prefill and decode together, as multiples of the slowest")
  func levels() {
    let speeds = [Self.speed(2.1, 2), Self.speed(2.0, 4), Self.speed(4.3, 2.5)]
    let levels = SpeedLevels(speeds)
    #expect(speeds.map(levels.leveled) == [Self.speed(1, 1), Self.speed(1, 2), Self.speed(2, 1.25)])
    #expect(SpeedLevels([Self.speed(3, 3)]).leveled(Self.speed(3, 3)) == Self.speed(1, 1))
  }

  @Test("Equal workers get the split that their threads would give, however noisy their measurements are")
  func noise() throws {
    var random = SeededGenerator(seed: 5)
    let planners = [
      LayerPlanner(
        configuration: .smolLM2, weights: .smolLM2,
        demand: KVDemand(elementType: .i16, contextLength: 8192, sequenceCount: 2, chunkTokenCount: 256)),
      PlannerCase.planner(layers: Array(repeating: 1_000_000, count: 80), head: 9_000_000, context: 1024),
    ]
    for planner in planners {
      for count in 1...6 {
        let names = (0..<count).map { "w\($0)" }
        let counted = try planner.plan(workers: names.map { Self.worker($0, 2) }).stages
        for round in 0..<20 {
          // Decode is as fast as prefill, or a little faster.
          let decode = [1, 1.02, 1.05, 1.07][round % 4]
          let measured = names.map { Self.worker($0, 2, Self.noisy(2, decode: decode, &random)) }
          #expect(try planner.plan(workers: measured).stages == counted)
        }
      }
    }
  }

  @Test("Workers of two speeds get the split of those speeds, however noisy their measurements are")
  func twoSpeeds() throws {
    var random = SeededGenerator(seed: 6)
    let planner = PlannerCase.planner(layers: Array(repeating: 1_000_000, count: 30))
    let exact = try planner.plan(
      workers: [Self.worker("a", 1, Self.speed(2, 2)), Self.worker("b", 1, Self.speed(1, 1))]
    ).stages.map(\.layers.count)
    #expect(exact == [20, 10])
    for _ in 0..<40 {
      let stages = try planner.plan(
        workers: [
          Self.worker("a", 1, Self.noisy(2, &random)), Self.worker("b", 1, Self.noisy(1, &random)),
        ]
      ).stages.map(\.layers.count)
      #expect(abs(stages[0] - exact[0]) <= 1)
    }
  }

  @Test("The forecast keeps the speeds as they were measured")
  func forecast() throws {
    let planner = PlannerCase.planner(layers: Array(repeating: 1_000_000, count: 8))
    func decodeSeconds(_ speed: Double) throws -> Double {
      try planner.forecast(
        workers: [Self.worker("a", 1, Self.speed(1, 1)), Self.worker("b", 1, Self.speed(speed, speed))], lengths: []
      ).stages[1].decodeSeconds
    }
    #expect(abs(try decodeSeconds(1) / decodeSeconds(1.05) - 1.05) < 1e-6)
    let forecast = try planner.forecast(
      workers: [Self.worker("a", 1, Self.speed(1, 1)), Self.worker("b", 1)], lengths: [])
    #expect(forecast.stages.map(\.speed) == [Self.speed(1, 1), nil])
  }
}
