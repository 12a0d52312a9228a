import Fixtures
import Core
import Testing

@testable import Cluster

/// A model and its workers, small enough to try every split.
struct PlannerCase {
  var planner: LayerPlanner
  var workers: [WorkerResources]

  static func configuration(layerCount: Int, hasTiedHead: Bool = false) -> ModelConfiguration {
    ModelConfiguration(
      name: "tiny", architecture: "llama", layerCount: layerCount, hiddenSize: 64, feedForwardSize: 128,
      queryHeadCount: 4, keyValueHeadCount: 2, headDimension: 16, vocabularySize: 100, trainedLength: 512,
      normEpsilon: 1e-5,
      rope: RopeConfiguration(base: 10000, rotaryDimension: 16, layout: .halfSplit, scaling: .none),
      hasTiedHead: hasTiedHead)
  }

  static func planner(
    layers: [Int], embedding: Int = 0, head: Int = 0, tied: Bool = false, context: Int = 64,
    sequences: Int = 1,
    process: Int = 0, workload: Workload? = nil
  ) -> LayerPlanner {
    LayerPlanner(
      configuration: configuration(layerCount: layers.count, hasTiedHead: tied),
      weights: WeightFootprint(layerByteCounts: layers, embeddingByteCount: embedding, headByteCount: head),
      demand: KVDemand(
        elementType: .i16, contextLength: context, sequenceCount: sequences, chunkTokenCount: 64,
        workload: workload),
      processByteCount: process)
  }

  /// One page of one layer of `configuration`.
  static let pageByteCount = 64 * 2 * 2 * (2 * 16 + 4)

  init(planner: LayerPlanner, workers: [WorkerResources]) {
    self.planner = planner
    self.workers = workers
  }

  /// Up to 8 layers over up to 5 workers, memory scarce about half the time. Some layers have windows, some experts; in
  /// some models the last ones attend to keys of others, and in some every stage holds a table.
  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let layers = (0..<Int.random(in: 1...8, using: &random)).map { _ in
      Int.random(in: 1...50_000, using: &random)
    }
    let head = Int.random(in: 0...60_000, using: &random)
    let tied = Bool.random(using: &random)
    planner = Self.planner(
      layers: layers, embedding: tied ? head - min(head, 64) : Int.random(in: 0...60_000, using: &random), head: head,
      tied: tied,
      context: Int.random(in: 1...1200, using: &random), sequences: Int.random(in: 1...3, using: &random),
      process: Int.random(in: 0...5000, using: &random))
    let workerCount = Int.random(in: 1...5, using: &random)
    let costs = planner.costs(of: [WorkerResources(name: "", memoryByteCount: 0, threadCount: 1)])
    let fair = costs[0].memoryByteCount(0, layers.count) / workerCount
    workers = (0..<workerCount).map {
      WorkerResources(
        name: "worker-\($0)", memoryByteCount: Int.random(in: fair / 4...fair * 3 + 1, using: &random),
        threadCount: 2,
        relativeSpeed: Double(Int.random(in: 1...8, using: &random)))
    }
    vary(&random)
  }

  private mutating func vary(_ random: inout SeededGenerator) {
    for index in workers.indices where Bool.random(using: &random) {
      workers[index].offer.speed?.prefill = Double(Int.random(in: 1...8, using: &random))
    }
    for index in planner.weights.layers.indices {
      if Int.random(in: 0..<3, using: &random) == 0 {
        planner.configuration.layers[index].attention.span = .window(Int.random(in: 1...300, using: &random))
      }
      guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
      planner.configuration.layers[index].feedForward = .experts(
        ExpertsShape(expertCount: 8, usedCount: 2, size: 16, router: RouterRule(.softmaxOfChosen)))
      let held = planner.weights.layers[index].weightByteCount
      planner.weights.layers[index] = LayerCost(
        weightByteCount: held, expertByteCount: held / 2, decodeByteCount: held - held / 2 + held / 8,
        products: ProductCount(integers: held / 2, floats: held / 8))
    }
    let layerCount = planner.configuration.layerCount
    if layerCount > 1, Int.random(in: 0..<3, using: &random) == 0 {
      let firstSharing = Int.random(in: 1..<layerCount, using: &random)
      for index in firstSharing..<layerCount {
        let source = Int.random(in: max(0, firstSharing - 2)..<firstSharing, using: &random)
        planner.configuration.layers[index].attention.keySourceDistance = index - source
      }
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      planner.weights.perStageByteCount = planner.weights.embeddingByteCount + Int.random(in: 1...9_000, using: &random)
    }
    let context = planner.demand.contextLength
    guard context > 1, Bool.random(using: &random) else { return }
    let answer = Int.random(in: 1..<context, using: &random)
    planner.demand.workload = Workload(
      promptTokenCount: context - answer, answerTokenCount: answer,
      sequenceCount: Int.random(in: 1...planner.demand.sequenceCount, using: &random))
  }

  /// What a stage holds, worked out from the footprint alone.
  func memory(_ layers: Range<Int>) -> Int {
    let weights = planner.weights
    let hasHead = layers.upperBound == weights.layers.count
    let hasTable = weights.perStageByteCount > 0
    let ties = planner.configuration.hasTiedHead && (layers.lowerBound == 0 || hasTable)
    let storing = planner.configuration.layers[layers].count { $0.attention.keySourceDistance == nil }
    return planner.processByteCount + weights.layers[layers].reduce(0) { $0 + $1.weightByteCount }
      + storing * planner.pageCount * Self.pageByteCount
      + (hasTable ? weights.perStageByteCount : layers.lowerBound == 0 ? weights.embeddingByteCount : 0)
      + (hasHead ? weights.headByteCount - (ties ? weights.embeddingByteCount : 0) : 0)
  }

  /// The least that the slowest stages of both phases take together, over every split there is; nil when none fits.
  func bruteForceTime() -> Double? { splits().map { time(of: $0) }.min() }

  /// - Parameter split: each worker's layers; empty where it has none.
  func time(of split: [Range<Int>]) -> Double {
    let costs = planner.costs(of: workers)
    func slowest(_ phase: Phase) -> Double {
      workers.indices.filter { !split[$0].isEmpty }.map {
        costs[$0].workloadTime(split[$0].lowerBound, split[$0].upperBound, phase, workers[$0].speed)
      }.max() ?? 0
    }
    return slowest(.prefill) + slowest(.decode)
  }

  /// Whether no layer from there on attends to keys of one before.
  private func mayBegin(_ first: Int) -> Bool {
    planner.configuration.layers.enumerated().dropFirst(first).allSatisfy { index, layer in
      index - (layer.attention.keySourceDistance ?? 0) >= first
    }
  }

  /// Stages that the layers can be divided into.
  var stageCount: Int { planner.configuration.layers.indices.count { mayBegin($0) } }

  /// Every split that fits the memories.
  func splits() -> [[Range<Int>]] {
    let layerCount = planner.configuration.layerCount
    let least = workers.count > stageCount ? 0 : 1
    var open: [[Range<Int>]] = [[]]
    for (index, worker) in workers.enumerated() {
      open = open.flatMap { split -> [[Range<Int>]] in
        let lower = split.last?.upperBound ?? 0
        let last = index == workers.count - 1
        guard lower + least <= layerCount else { return [] }
        return (last ? layerCount...layerCount : lower + least...layerCount).compactMap { upper in
          let layers = lower..<upper
          guard mayBegin(upper) else { return nil }
          return layers.isEmpty || memory(layers) <= worker.memoryByteCount ? split + [layers] : nil
        }
      }
    }
    return open
  }
}
