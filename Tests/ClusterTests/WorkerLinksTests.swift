import Core
import Fixtures
import Testing

@testable import Cluster

@Suite("Links between workers")
struct WorkerLinksTests {
  private static func workers(_ names: [String]) -> [WorkerResources] {
    names.map { WorkerResources(name: $0, memoryByteCount: 1 << 40, threadCount: 1, relativeSpeed: 1) }
  }

  private static func planner(sequences: Int = 4, links: WorkerLinks) -> LayerPlanner {
    var planner = PlannerCase.planner(
      layers: Array(repeating: 10_000_000, count: 12), context: 4096, sequences: sequences,
      workload: Workload(promptTokenCount: 4000, answerTokenCount: 24, sequenceCount: sequences))
    planner.links = links
    return planner
  }

  private static func megabits(_ rate: Double, milliseconds: Double = 0) -> WorkerLink {
    WorkerLink(bytesPerSecond: rate * 1e6 / 8, roundTripSeconds: milliseconds / 1000)
  }

  @Test("Two workers have the link that is stated for them, else the slower of what each has")
  func stated() {
    var links = WorkerLinks()
    #expect(links["a", "b"] == .unknown)
    links.own["a"] = Self.megabits(1000, milliseconds: 0.2)
    #expect(links["a", "b"] == Self.megabits(1000, milliseconds: 0.2))
    links.own["b"] = Self.megabits(100, milliseconds: 0.1)
    #expect(links["b", "a"] == Self.megabits(100, milliseconds: 0.2))
    links["b", "a"] = Self.megabits(10)
    #expect(links["a", "b"] == Self.megabits(10))
  }

  @Test("Links that differ by noise are one level, and so equal")
  func levels() {
    var random = SeededGenerator(seed: 3)
    var links = WorkerLinks()
    let names = ["a", "b", "c", "d"]
    for a in names.indices {
      for b in 0..<a {
        links[names[a], names[b]] = Self.megabits(
          Double(Int.random(in: 890...1000, using: &random)),
          milliseconds: Double(Int.random(in: 20...30, using: &random)) / 100)
      }
    }
    #expect(!links.areEqual(names) && links.leveled(names).areEqual(names))
    links["a", "c"] = Self.megabits(94)
    #expect(!links.leveled(names).areEqual(names))
  }

  @Test("Equal links keep the order and the split that no links give")
  func equal() throws {
    let workers = Self.workers(["c", "a", "b"])
    var links = WorkerLinks()
    for worker in workers { links.own[worker.name] = Self.megabits(10, milliseconds: 5) }
    let plain = try Self.planner(links: WorkerLinks()).plan(workers: workers)
    #expect(try Self.planner(links: links).plan(workers: workers).stages == plain.stages)
    #expect(plain.stages.map(\.worker) == ["c", "a", "b"])
  }

  @Test("A slow link between two workers keeps them apart in the pipeline")
  func apart() throws {
    var links = WorkerLinks()
    for name in ["a", "b", "c"] { links.own[name] = Self.megabits(1000) }
    links["a", "b"] = Self.megabits(1)
    let planner = Self.planner(links: links)
    let forecast = try planner.forecast(workers: Self.workers(["a", "b", "c"]), lengths: [])
    #expect(forecast.stages[1].placement.worker == "c")
    #expect(forecast.limitsPrefill.count == 1, "a stage limits")
    let reasons = try planner.plan(workers: Self.workers(["a", "b", "c"])).reasons
    #expect(reasons.contains { $0.hasPrefix("the order a, c, b suits the links") })
    let kept = [LayerRange(lower: 0, upper: 4), LayerRange(lower: 4, upper: 8), LayerRange(lower: 8, upper: 12)]
    let stays = try planner.plan(workers: Self.workers(["a", "b", "c"]), keeping: kept.compactMap { $0 })
    #expect(stays.stages.map(\.worker) == ["a", "b", "c"], "loaded layers stay")
  }

  @Test("A link that takes longer than any stage limits a full pipeline, and is named with its rate")
  func limit() throws {
    var links = WorkerLinks()
    links["a", "b"] = Self.megabits(4)
    let planner = Self.planner(links: links)
    let forecast = try planner.forecast(workers: Self.workers(["a", "b"]), lengths: [])
    #expect(forecast.limitsPrefill == "a → b: 4 Mbit/s".replacing("4 M", with: "4.0 M"))
    // 64 rows of 64 floats.
    #expect(abs(forecast.links[0].prefillSeconds - 64 * 64 * 4 / 5e5) < 1e-9)
    #expect(abs(forecast.prefillTokensPerSecond - 64 / (64 * 64 * 4 / 5e5)) < 1e-6)
    let reasons = try planner.plan(workers: Self.workers(["a", "b"])).reasons
    #expect(reasons.contains { $0.contains("a → b: 4.0 Mbit/s limits prefill: a step takes 32.77 ms there") })
  }

  @Test("A token waits for every link's delay once, and for the way back; a full pipeline hides delays")
  func delays() throws {
    func forecast(sequences: Int, milliseconds: Double) throws -> PlanForecast {
      var links = WorkerLinks()
      for name in ["a", "b", "c"] { links.own[name] = Self.megabits(1e6, milliseconds: milliseconds) }
      return try Self.planner(sequences: sequences, links: links)
        .forecast(workers: Self.workers(["a", "b", "c"]), lengths: [])
    }
    let (near, far) = (try forecast(sequences: 1, milliseconds: 1), try forecast(sequences: 1, milliseconds: 21))
    // Two links and the way back, half a round trip each.
    #expect(abs(1 / far.decodeTokensPerSecond - 1 / near.decodeTokensPerSecond - 0.03) < 1e-9)
    #expect(abs(far.firstTokenSeconds - near.firstTokenSeconds - 0.03) < 1e-9)
    #expect(far.prefillTokensPerSecond == near.prefillTokensPerSecond)
    #expect(far.limitsDecode.hasSuffix("21.0 ms round trip"))
  }

  @Test(
    "No order and no split of them all takes 3 % less time than the plan where speeds, memories and links are unequal",
    arguments: 0..<150)
  func bruteForce(seed: UInt64) throws {
    let example = LinkCase(seed: seed)
    guard let least = example.least else {
      #expect(example.planned == nil)
      return
    }
    let planned = try #require(example.planned, "refused although an order and a split fit")
    #expect(planned <= least * 1.03, "\(planned / least)")
  }

  @Test("The search over sets of workers finds the order that all orders' search finds")
  func exactOrders() throws {
    for seed in 0..<10 {
      var random = SeededGenerator(seed: UInt64(seed))
      let names = (0..<7).map { "w\($0)" }
      var links = WorkerLinks()
      for a in names.indices {
        for b in 0..<a {
          links[names[a], names[b]] = Self.megabits(
            [10, 100].randomElement(using: &random) ?? 1, milliseconds: Double(Int.random(in: 1...9, using: &random)))
        }
      }
      func cost(_ link: WorkerLink) -> Double { link.roundTripSeconds + 1e4 / link.bytesPerSecond }
      func cost(_ order: [Int]) -> Double {
        zip(order, order.dropFirst()).reduce(0) { $0 + cost(links[names[$1.0], names[$1.1]]) }
      }
      let orders = LinkOrders(workers: names, links: links, cost: cost, back: { _ in 0 }).candidates()
      #expect(orders.first == Array(0..<7))
      #expect(orders.allSatisfy { Set($0).count == 7 })
      #expect(abs(try #require(orders.map(cost).min()) - Self.leastCost(7, cost)) < 1e-12)
    }
  }

  private static func leastCost(_ count: Int, _ cost: ([Int]) -> Double) -> Double {
    func least(_ begun: [Int]) -> Double {
      guard begun.count < count else { return cost(begun) }
      return (0..<count).filter { !begun.contains($0) }.map { least(begun + [$0]) }.min() ?? .infinity
    }
    return least([])
  }

  @Test("Twenty workers on two switches are ordered so that one link between the switches is used")
  func manyWorkers() throws {
    var links = WorkerLinks()
    let names = (0..<20).map { "w\($0)" }
    for a in names.indices {
      for b in 0..<a { links[names[a], names[b]] = Self.megabits(a % 2 == b % 2 ? 10_000 : 5, milliseconds: 1) }
    }
    let planner = PlannerCase.planner(
      layers: Array(repeating: 1_000_000, count: 24), context: 512, sequences: 20,
      workload: Workload(promptTokenCount: 400, answerTokenCount: 50, sequenceCount: 20))
    var linked = planner
    linked.links = links
    let stages = try linked.plan(workers: Self.workers(names)).stages.compactMap { names.firstIndex(of: $0.worker) }
    #expect(zip(stages, stages.dropFirst()).count { $0 % 2 != $1 % 2 } <= 1)
  }
}
