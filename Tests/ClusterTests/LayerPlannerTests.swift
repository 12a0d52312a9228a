import Core
import Testing

@testable import Cluster

struct LayerPlannerTests {
  @Test("The plan fits, and no split of them all takes half a percent less time", arguments: 0..<600)
  func agreesWithBruteForce(seed: Int) throws {
    let example = PlannerCase(seed: UInt64(seed))
    let bound = example.bruteForceTime()
    let plan: LayerPlan
    do {
      plan = try example.planner.plan(workers: example.workers)
    } catch {
      #expect(bound == nil, "refused although a split fits: \(error)")
      return
    }
    let expected = try #require(bound, "a plan where no split fits")
    var next = 0
    var split = [Range<Int>](repeating: 0..<0, count: example.workers.count)
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
      split[worker] = stage.layers.indices
    }
    #expect(next == example.planner.configuration.layerCount)
    let time = example.time(of: split)
    #expect(time <= expected * 1.005001 && time >= expected * 0.999, "\(time), brute force \(expected)")
    if example.workers.count <= example.stageCount { #expect(plan.stages.count == example.workers.count) }
  }

  @Test("Every remedy named is enough, and a little less is not", arguments: 0..<600)
  func remediesAreTrue(seed: Int) throws {
    let example = PlannerCase(seed: UInt64(seed))
    do {
      _ = try example.planner.plan(workers: example.workers)
    } catch {
      #expect(!error.remedies.isEmpty, "no way out: \(error)")
      for remedy in error.remedies {
        #expect(example.applying(remedy).bruteForceTime() != nil, "\(remedy) is not enough")
        if let less = remedy.less {
          #expect(example.applying(less).bruteForceTime() == nil, "\(less) would do")
        }
      }
    }
  }

  @Test("Equal workers share equal layers evenly, and the head counts as work")
  func evenShares() throws {
    let workers = (0..<4).map { WorkerResources(name: "w\($0)", memoryByteCount: 1 << 30, threadCount: 2) }
    let even = try PlannerCase.planner(layers: Array(repeating: 1000, count: 10)).plan(workers: workers)
    #expect(even.stages.map(\.layers.count).sorted() == [2, 2, 3, 3])
    let answers = Workload(promptTokenCount: 1, answerTokenCount: 63, sequenceCount: 1)
    let heavyHead = try PlannerCase.planner(
      layers: Array(repeating: 1_000_000, count: 13), head: 3_000_000, workload: answers
    ).plan(workers: workers)
    #expect(heavyHead.stages.map(\.layers.count) == [4, 4, 4, 1])
  }

  @Test("The head weighs as much as the workload's answers, not as its prompts")
  func headOfBoth() throws {
    let workers = (0..<2).map { WorkerResources(name: "w\($0)", memoryByteCount: 1 << 40, threadCount: 1) }
    func split(prompt: Int, answer: Int) throws -> [Int] {
      try PlannerCase.planner(
        layers: Array(repeating: 1_000_000, count: 16), head: 4_350_000, context: 1024,
        workload: Workload(promptTokenCount: prompt, answerTokenCount: answer, sequenceCount: 1)
      ).plan(workers: workers).stages.map(\.layers.count)
    }
    #expect(try split(prompt: 1000, answer: 1) == [8, 8])
    #expect(try split(prompt: 1, answer: 1000) == [10, 6])
  }

  @Test(
    "Three equal workers share SmolLM2's layers almost evenly at 32,768 tokens, where attention is most of the work")
  func longContext() throws {
    let planner = LayerPlanner(
      configuration: .smolLM2, weights: .smolLM2,
      demand: KVDemand(elementType: .i16, contextLength: 32_768, sequenceCount: 1, chunkTokenCount: 256))
    let workers = (0..<3).map { WorkerResources(name: "w\($0)", memoryByteCount: 8 << 30, threadCount: 1) }
    #expect(try planner.plan(workers: workers).stages.map(\.layers.count) == [10, 10, 10])
    let forecast = try planner.forecast(workers: workers, lengths: [])
    #expect(forecast.stages.allSatisfy { $0.prefillLoad > 0.95 })
  }

  @Test("Layers with a window cost less than others once the prompt is longer")
  func windows() throws {
    var planner = PlannerCase.planner(
      layers: Array(repeating: 10_000, count: 8), context: 512,
      workload: Workload(promptTokenCount: 500, answerTokenCount: 1, sequenceCount: 1))
    for layer in 0..<4 { planner.configuration.layers[layer].attention.span = .window(16) }
    let workers = ["a", "b"].map { WorkerResources(name: $0, memoryByteCount: 1 << 30, threadCount: 1) }
    #expect(try planner.plan(workers: workers).stages.map(\.layers.count) == [6, 2])
  }

  @Test("Layers stay where they are while that costs little, and move when it costs much")
  func stability() throws {
    let planner = PlannerCase.planner(layers: Array(repeating: 1_000_000, count: 12))
    let kept = [LayerRange(lower: 0, upper: 6), LayerRange(lower: 6, upper: 12)].compactMap { $0 }
    func split(_ speed: Double, memory: Int = 1 << 30, keeping kept: [LayerRange]) throws -> [Int] {
      try planner.plan(
        workers: [
          WorkerResources(name: "a", memoryByteCount: memory, threadCount: 1, relativeSpeed: 1),
          WorkerResources(name: "b", memoryByteCount: 1 << 30, threadCount: 1, relativeSpeed: speed),
        ], keeping: kept
      ).stages.map(\.layers.count)
    }
    #expect(try split(1.2, keeping: []) == [5, 7])
    #expect(try split(1.2, keeping: kept) == [6, 6])
    #expect(try split(4, keeping: kept) == split(4, keeping: []))
    #expect(try split(1.2, memory: 4_100_000, keeping: kept) == [4, 8], "they no longer fit")
    #expect(try split(1.2, keeping: Array(kept.prefix(1))) == [5, 7], "they are no split of the model")
    #expect(try split(1.2, keeping: kept.reversed()) == [5, 7])
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
    func split(prompt: Int, answer: Int) throws -> [Int] {
      try PlannerCase.planner(
        layers: Array(repeating: 1_000_000, count: 12),
        workload: Workload(promptTokenCount: prompt, answerTokenCount: answer, sequenceCount: 1)
      ).plan(workers: workers).stages.map(\.layers.count)
    }
    #expect(try split(prompt: 60, answer: 1) == [6, 6])
    workers[1].offer.speed = StageSpeed(prefill: 1.6, decode: 2)
    #expect(try split(prompt: 60, answer: 1) == [10, 2])
    #expect(try split(prompt: 1, answer: 60) == [6, 6])
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

  @Test("A process is counted with what steps and positions take, and the last one with what the head does")
  func process() {
    var planner = PlannerCase.planner(layers: [1000, 1000])
    planner.fixedProcessByteCount = nil
    func growth(_ change: (inout KVDemand) -> Void) -> Int {
      var changed = planner
      change(&changed.demand)
      return changed.processByteCount - planner.processByteCount
    }
    // 576 numbers in buffers, and 5 cache lines each of integers and of bf16.
    #expect(growth { $0.chunkTokenCount += 100 } == 100 * (4 * 576 + 2 * 320))
    #expect(growth { $0.runningSequenceCount = 5 } == 4 * (4 * 576 + 2 * 320))
    // 8 cosines and sines.
    #expect(growth { $0.contextLength += 1000 } == 1000 * 64)
    let costs = planner.costs(of: [WorkerResources(name: "w", memoryByteCount: 1 << 30, threadCount: 1)])[0]
    #expect(costs.memoryByteCount(1, 2) - costs.memoryByteCount(0, 1) == 32 * (100 + 64) * 4)
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
