import Core
import Testing

@testable import Cluster

@Suite("What a plan is predicted to do")
struct PlanForecastTests {
  private static func worker(_ name: String, memory: Int = 1 << 40, speed: Double = 1) -> WorkerResources {
    WorkerResources(name: name, memoryByteCount: memory, threadCount: 1, relativeSpeed: speed)
  }

  private static func planner(prompt: Int = 1000, sequences: Int = 1) -> LayerPlanner {
    PlannerCase.planner(
      layers: Array(repeating: 10_000_000, count: 8), context: 1024, sequences: sequences,
      workload: Workload(promptTokenCount: prompt, answerTokenCount: 24, sequenceCount: sequences))
  }

  @Test("Times and rates are those of the stages' steps")
  func times() throws {
    let planner = Self.planner()
    let workers = [Self.worker("a"), Self.worker("b", speed: 2.5)]
    let forecast = try planner.forecast(workers: workers, lengths: [])
    #expect(forecast.stages.map(\.placement.layers.count) == [2, 6])
    let costs = planner.costs(of: workers)
    let (first, second) = (
      costs[0].stepTime(0, 2, .prefill, workers[0].speed), costs[1].stepTime(2, 8, .prefill, workers[1].speed)
    )
    // 1,000 tokens are 16 chunks of 64.
    #expect(abs(forecast.stages[0].prefillSeconds - 16 * first / 1e12) < 1e-9)
    #expect(abs(forecast.prefillTokensPerSecond - 64 / max(first, second) * 1e12) < 1e-6)
    #expect(second > first && forecast.limitsPrefill == "b")
    // One sequence waits for every stage.
    let decode = forecast.stages.map(\.decodeSeconds).reduce(0, +)
    #expect(abs(forecast.decodeTokensPerSecond - 1 / decode) < 1e-6)
    // The prompt's last chunk gives the first token.
    #expect(abs(forecast.firstTokenSeconds - (15 * max(first, second) + first + second) / 1e12) < 1e-9)
    #expect(forecast.stages.map(\.prefillLoad).max() == 1)
  }

  @Test("A prompt is forecast in the chunks that the scheduler chooses, and layers are divided as before")
  func chunks() throws {
    var planner = PlannerCase.planner(
      layers: Array(repeating: 10_000_000, count: 8), context: 1024,
      workload: Workload(promptTokenCount: 512, answerTokenCount: 24, sequenceCount: 1))
    planner.demand.chunkTokenCount = 256
    let workers = [Self.worker("a"), Self.worker("b")]
    let fixed = try planner.forecast(workers: workers, lengths: [])
    planner.demand.adaptsChunks = true
    let chosen = try planner.forecast(workers: workers, lengths: [])
    #expect(chosen.stages.map(\.placement) == fixed.stages.map(\.placement))
    // Two chunks of 256 wait for one of them, eight of 64 for one of these.
    #expect(abs(chosen.firstTokenSeconds / fixed.firstTokenSeconds - 9.0 / 8 / (3.0 / 2)) < 0.02)
  }

  @Test("The room is the most sequences of a length for which there is a plan")
  func room() throws {
    let planner = Self.planner()
    let layer = 10_000_000
    // 20 pages of all layers beside the weights, on two workers.
    let workers = ["a", "b"].map { Self.worker($0, memory: 4 * (layer + 20 * PlannerCase.pageByteCount)) }
    let forecast = try planner.forecast(workers: workers, lengths: [64, 512, 1024, 4096])
    // Beyond the trained length of 512 a sequence has two more pages.
    #expect(forecast.room.map(\.sequenceCount) == [20, 2, 1, 0])
  }

  @Test("Where speed decides, one worker more helps most")
  func anotherWorker() throws {
    let change = try #require(
      try Self.planner(sequences: 2).forecast(workers: [Self.worker("a"), Self.worker("b")], lengths: []).change)
    #expect(change.kind == .anotherWorker(like: "a"))
    #expect(change.gain > 0.2)
  }

  @Test(
    "Where memory keeps a fast worker from its layers, that much more memory helps most, and a little less does not")
  func moreMemory() throws {
    let planner = Self.planner()
    let workers = [Self.worker("fast", memory: 30_000_000, speed: 8), Self.worker("slow", speed: 1)]
    let change = try #require(try planner.forecast(workers: workers, lengths: []).change)
    guard case .moreMemory("fast", let byteCount) = change.kind else {
      Issue.record("\(change)")
      return
    }
    var changed = workers
    changed[0].memoryByteCount += byteCount
    #expect(try planner.plan(workers: changed).stages.map(\.layers.count) == [7, 1])
    changed[0].memoryByteCount -= 2 << 20
    #expect(try planner.plan(workers: changed).stages.map(\.layers.count) == [6, 2])
  }

  @Test("A worker so slow that the others are faster without it is named")
  func withoutWorker() throws {
    let workers = [Self.worker("a", speed: 4), Self.worker("snail", speed: 0.01)]
    let planner = PlannerCase.planner(layers: [10_000_000, 10_000_000], context: 1024)
    let change = try #require(try planner.forecast(workers: workers, lengths: []).change)
    #expect(change.kind == .withoutWorker("snail"))
    #expect(change.gain > 0.9)
  }

  @Test("A plan is a function of its question: computed again it is the same to the last bit")
  func deterministic() {
    for seed in 0..<20 {
      let example = PlannerCase(seed: UInt64(seed))
      let first = try? example.planner.forecast(workers: example.workers, lengths: [64])
      let again = try? example.planner.forecast(workers: example.workers, lengths: [64])
      #expect(first == again)
    }
  }
}
