import Core
import Testing

@testable import Cluster

struct LayerPlannerTests {
  @Test("No split is faster than the plan, and the plan fits", arguments: 0..<600)
  func agreesWithBruteForce(seed: Int) throws {
    let example = PlannerCase(seed: UInt64(seed))
    let bound = example.bruteForceBound()
    let plan: LayerPlan
    do {
      plan = try example.planner.plan(workers: example.workers)
    } catch {
      #expect(bound == nil, "refused although a split fits: \(error)")
      return
    }
    let expected = try #require(bound, "a plan where no split fits")
    var next = 0
    var slowest = 0.0
    var order = -1
    for stage in plan.stages {
      let worker = try #require(example.workers.firstIndex { $0.name == stage.worker })
      #expect(worker > order, "stages are not in the workers' order")
      order = worker
      #expect(stage.layers.lower == next && stage.layers.count > 0)
      next = stage.layers.upper
      let memory = example.memory(stage.layers.indices)
      #expect(memory <= example.workers[worker].memoryByteCount)
      #expect(stage.weightByteCount + stage.kvByteCount + example.planner.processByteCount == memory)
      #expect(stage.hasEmbedding == (stage.layers.lower == 0))
      #expect(stage.hasHead == (stage.layers.upper == example.planner.configuration.layerCount))
      slowest = max(slowest, try #require(example.loss(stage.layers.indices, worker: worker)))
    }
    #expect(next == example.planner.configuration.layerCount)
    #expect(abs(slowest - expected) <= expected * 1e-9, "slowest \(slowest), brute force \(expected)")
    if example.workers.count <= next { #expect(plan.stages.count == example.workers.count) }
  }

  @Test("Every remedy named is enough, and a little less is not", arguments: 0..<600)
  func remediesAreTrue(seed: Int) throws {
    let example = PlannerCase(seed: UInt64(seed))
    do {
      _ = try example.planner.plan(workers: example.workers)
    } catch {
      #expect(!error.remedies.isEmpty, "no way out: \(error)")
      for remedy in error.remedies {
        #expect(example.applying(remedy).bruteForceBound() != nil, "\(remedy) is not enough")
        if let less = remedy.less {
          #expect(example.applying(less).bruteForceBound() == nil, "\(less) would do")
        }
      }
    }
  }

  @Test("Equal workers share equal layers evenly, and the head counts as work")
  func evenShares() throws {
    let workers = (0..<4).map { WorkerResources(name: "w\($0)", memoryByteCount: 1 << 30, threadCount: 2) }
    let even = try PlannerCase.planner(layers: Array(repeating: 1000, count: 10)).plan(workers: workers)
    #expect(even.stages.map(\.layers.count).sorted() == [2, 2, 3, 3])
    let heavyHead = try PlannerCase.planner(layers: Array(repeating: 1000, count: 13), head: 3000).plan(
      workers: workers)
    #expect(heavyHead.stages.map(\.layers.count) == [4, 4, 4, 1])
  }

  @Test("The head, which only decode runs, is balanced between prefill and decode")
  func headOfBoth() throws {
    let workers = (0..<2).map { WorkerResources(name: "w\($0)", memoryByteCount: 1 << 40, threadCount: 1) }
    func split(layers: Int, head: Int) throws -> [Int] {
      try PlannerCase.planner(layers: Array(repeating: 1000, count: layers), head: head).plan(workers: workers)
        .stages.map(\.layers.count)
    }
    // A small head: evenly shared layers lose 4 % in answers, 12 and 10 would lose 9 % in prompts.
    #expect(try split(layers: 22, head: 1490) == [11, 11])
    // A large one, as of a small model with a large vocabulary.
    #expect(try split(layers: 16, head: 4350) == [9, 7])
  }

  @Test("A worker twice as fast gets twice the layers")
  func speeds() throws {
    let workers = [
      WorkerResources(name: "slow", memoryByteCount: 1 << 30, threadCount: 8, relativeSpeed: 1),
      WorkerResources(name: "fast", memoryByteCount: 1 << 30, threadCount: 1, relativeSpeed: 2),
    ]
    let plan = try PlannerCase.planner(layers: Array(repeating: 1000, count: 9)).plan(workers: workers)
    #expect(plan.stages.map(\.layers.count) == [3, 6])
  }

  @Test("Pages are counted as each worker's own device stores them")
  func devices() throws {
    let planner = PlannerCase.planner(layers: Array(repeating: 1000, count: 8), context: 4096)
    let layer = planner.costs(of: [WorkerResources(name: "", memoryByteCount: 0, threadCount: 1)])[0]
      .memoryByteCount(0, 1)
    var workers = ["a", "b"].map { WorkerResources(name: $0, memoryByteCount: 5 * layer, threadCount: 1) }
    #expect(try planner.plan(workers: workers).stages.map(\.layers.count) == [4, 4])
    // Numbers of twice the size: only two layers fit where four did.
    let wide = KVPageSize.Vector(bitCount: 32, extraByteCount: 8)
    workers[0].offer.pageSizes[.i16] = KVPageSize(key: wide, value: wide)
    workers[1].memoryByteCount = 8 * layer
    let plan = try planner.plan(workers: workers)
    #expect(plan.stages.map(\.layers.count) == [2, 6])
    #expect(plan.stages[0].kvByteCount * 3 == 2 * plan.stages[1].kvByteCount)
  }

  @Test("Prefill and decode are planned at speeds of their own")
  func twoSpeeds() throws {
    var workers = ["a", "b"].map { WorkerResources(name: $0, memoryByteCount: 1 << 30, threadCount: 1) }
    workers[0].offer.speed = StageSpeed(prefill: 8, decode: 2)
    workers[1].offer.speed = StageSpeed(prefill: 8, decode: 2)
    let planner = PlannerCase.planner(layers: Array(repeating: 1000, count: 12))
    #expect(try planner.plan(workers: workers).stages.map(\.layers.count) == [6, 6])
    // Prefill alone would give 10 and 2, decode alone 6 and 6: both lose the same in between.
    workers[1].offer.speed = StageSpeed(prefill: 1.6, decode: 2)
    #expect(try planner.plan(workers: workers).stages.map(\.layers.count) == [9, 3])
  }

  @Test("Where memory keeps a fast worker from its share, the plan says what that costs")
  func memoryDecides() throws {
    let planner = PlannerCase.planner(layers: Array(repeating: 100_000, count: 10))
    var workers = [
      WorkerResources(name: "fast", memoryByteCount: 600_000, threadCount: 4, relativeSpeed: 4),
      WorkerResources(name: "slow", memoryByteCount: 1 << 30, threadCount: 1, relativeSpeed: 1),
    ]
    let tight = try planner.plan(workers: workers)
    #expect(tight.stages.map(\.layers.count) == [5, 5])
    // Roomy it would be 8 and 2, so 2 in place of 5.
    #expect(tight.reasons.contains { $0.contains("60% less time") })
    workers[0].memoryByteCount = 1 << 30
    #expect(try !planner.plan(workers: workers).reasons.contains { $0.contains("less time") })
  }

  @Test("With more workers than layers some get none, and are named")
  func leftOut() throws {
    let workers = (0..<3).map {
      WorkerResources(name: "w\($0)", memoryByteCount: 1 << 30, threadCount: $0 + 1)
    }
    let plan = try PlannerCase.planner(layers: [1000, 1000]).plan(workers: workers)
    #expect(plan.stages.map(\.worker) == ["w1", "w2"])
    #expect(plan.reasons.contains { $0.contains("w0 gets no layers") })
  }

  @Test("A tied head is held twice when its ends are two workers, once when they are one")
  func tiedHead() throws {
    let planner = PlannerCase.planner(layers: [10, 10], embedding: 500, head: 500, tied: true)
    let one = try planner.plan(workers: [WorkerResources(name: "a", memoryByteCount: 1 << 30, threadCount: 1)]
    )
    #expect(one.stages.map(\.weightByteCount) == [520])
    let two = try planner.plan(
      workers: ["a", "b"].map { WorkerResources(name: $0, memoryByteCount: 1 << 30, threadCount: 1) })
    #expect(two.stages.map(\.weightByteCount) == [510, 510])
    // The output norm counts with the head, and is no part of the embedding.
    let normed = try PlannerCase.planner(layers: [10, 10], embedding: 500, head: 503, tied: true)
      .plan(workers: [WorkerResources(name: "a", memoryByteCount: 1 << 30, threadCount: 1)])
    #expect(normed.stages.map(\.weightByteCount) == [523])
  }

  @Test("Pages are those of all sequences at full length, with rings only beyond the trained length")
  func pages() {
    #expect(PlannerCase.planner(layers: [1], context: 512, sequences: 3).pageCount == 24)
    let grouped = PlannerCase.planner(layers: [1], context: 1024, sequences: 3)
    // The default window of 512 / 4 and a chunk of 64: 4 blocks, in 2 pages.
    #expect(grouped.pageCount == 3 * (16 + 2))
  }

  @Test("A refusal says what is missing and every single remedy, in readable units")
  func refusalText() throws {
    let planner = PlannerCase.planner(layers: Array(repeating: 1 << 30, count: 8), process: 128 << 20)
    let workers = ["a", "b"].map { WorkerResources(name: $0, memoryByteCount: 4 << 30, threadCount: 2) }
    let error = try #require(throws: InfeasiblePlan.self) { try planner.plan(workers: workers) }
    let text = error.description
    #expect(text.contains("tiny needs 8.3 GiB"))
    #expect(text.contains("offer 8.0 GiB"))
    #expect(text.contains("give a 1.2 GiB more memory"))
    #expect(text.contains("add a worker with at least 2.2 GiB"))
  }

  @Test("Wrong values of workers and operators are refused with a reason before any arithmetic")
  func hostileInput() {
    let planner = PlannerCase.planner(layers: [1000, 1000])
    func refuses(_ workers: [WorkerResources], by planner: LayerPlanner, _ word: String) {
      do {
        _ = try planner.plan(workers: workers)
        Issue.record("planned")
      } catch {
        #expect(error.description.contains(word))
      }
    }
    func worker(_ memory: Int = 1 << 30, speed: Double = 1) -> WorkerResources {
      WorkerResources(name: "w", memoryByteCount: memory, threadCount: 1, relativeSpeed: speed)
    }
    refuses([], by: planner, "no worker")
    refuses([worker(), worker()], by: planner, "same name")
    for speed in [0, -1, 1e-300, 1e300, Double.nan, .infinity] {
      refuses([worker(speed: speed)], by: planner, "speed")
    }
    refuses([worker(-1)], by: planner, "negative")
    var other = worker()
    other.offer.pageSizes[.i16] = nil
    refuses([other], by: planner, "cannot store a KV cache of type i16")
    for context in [0, -1, Limits.maximumContext + 1] {
      refuses([worker()], by: PlannerCase.planner(layers: [1], context: context), "context")
    }
    refuses([worker()], by: PlannerCase.planner(layers: [1], sequences: 0), "sequence")
    refuses([worker()], by: PlannerCase.planner(layers: [1], sequences: .max), "fewer sequences")
    refuses(
      [worker()], by: PlannerCase.planner(layers: [.max, .max], embedding: .max, head: .max), "missing")
    refuses(
      (0..<65).map { WorkerResources(name: "w\($0)", memoryByteCount: 1, threadCount: 1) }, by: planner,
      "exceed")
  }

  @Test("Byte counts are rounded up")
  func byteText() {
    #expect(ByteText.of(0) == "0 bytes")
    #expect(ByteText.of(1023) == "1023 bytes")
    #expect(ByteText.of(1 << 30) == "1.0 GiB")
    #expect(ByteText.of((1 << 30) + 1) == "1.1 GiB")
    #expect(ByteText.of((2 << 30) - 1) == "2.0 GiB")
    #expect(ByteText.of(.max).hasSuffix("GiB"))
  }
}

extension PlannerCase {
  fileprivate func applying(_ remedy: InfeasiblePlan.Remedy) -> PlannerCase {
    var changed = self
    switch remedy {
    case .moreMemory(let name, let byteCount):
      for index in workers.indices where workers[index].name == name {
        changed.workers[index].memoryByteCount += byteCount
      }
    case .moreMemoryEverywhere(let byteCount):
      for index in workers.indices { changed.workers[index].memoryByteCount += byteCount }
    case .shorterContext(let contextLength): changed.planner.demand.contextLength = contextLength
    case .anotherWorker(let byteCount):
      changed.workers.append(WorkerResources(name: "another", memoryByteCount: byteCount, threadCount: 1))
    case .withoutWorker(let name): changed.workers.removeAll { $0.name == name }
    }
    return changed
  }
}

extension InfeasiblePlan.Remedy {
  /// The next smaller change, where there is one.
  fileprivate var less: Self? {
    switch self {
    case .moreMemory(let worker, let byteCount): .moreMemory(worker: worker, byteCount: byteCount - 1)
    case .moreMemoryEverywhere(let byteCount): .moreMemoryEverywhere(byteCount: byteCount - 1)
    case .shorterContext(let contextLength): .shorterContext(contextLength + 1)
    case .anotherWorker(let byteCount): .anotherWorker(memoryByteCount: byteCount - 1)
    case .withoutWorker: nil
    }
  }
}
