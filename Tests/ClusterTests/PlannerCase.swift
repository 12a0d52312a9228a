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
    process: Int = 0
  ) -> LayerPlanner {
    LayerPlanner(
      configuration: configuration(layerCount: layers.count, hasTiedHead: tied),
      weights: WeightFootprint(layerByteCounts: layers, embeddingByteCount: embedding, headByteCount: head),
      demand: KVDemand(
        elementType: .i16, contextLength: context, sequenceCount: sequences, chunkTokenCount: 64),
      processByteCount: process)
  }

  /// One page of one layer of `configuration`.
  static let pageByteCount = 64 * 2 * 2 * (2 * 16 + 4)

  init(planner: LayerPlanner, workers: [WorkerResources]) {
    self.planner = planner
    self.workers = workers
  }

  /// Up to 6 layers over up to 5 workers, memory scarce about half the time.
  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let layers = (0..<Int.random(in: 1...6, using: &random)).map { _ in
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
  }

  /// What a stage holds, worked out from the footprint alone.
  func memory(_ layers: Range<Int>) -> Int {
    let weights = planner.weights
    let hasHead = layers.upperBound == weights.layers.count
    let ties = planner.configuration.hasTiedHead && layers.lowerBound == 0
    return planner.processByteCount + weights.layers[layers].reduce(0) { $0 + $1.weightByteCount }
      + layers.count * planner.pageCount * Self.pageByteCount
      + (layers.lowerBound == 0 ? weights.embeddingByteCount : 0)
      + (hasHead ? weights.headByteCount - (ties ? weights.embeddingByteCount : 0) : 0)
  }

  func time(_ layers: Range<Int>, worker: Int, countsHead: Bool) -> Double {
    let weights = planner.weights
    let bytes =
      Double(weights.layers[layers].reduce(0) { $0 + $1.weightByteCount })
      + (layers.lowerBound == 0 ? Double(weights.embeddingByteCount) / 100 : 0)
      + (countsHead && layers.upperBound == weights.layers.count ? Double(weights.headByteCount) : 0)
    return bytes / workers[worker].speed(countsHead ? .decode : .prefill)
  }

  /// How much longer the stage takes than the slowest stage of the best split for prompts alone, or for answers alone,
  /// whichever is more.
  func loss(_ layers: Range<Int>, worker: Int) -> Double? {
    var worst = 0.0
    for countsHead in [false, true] {
      guard let best = bruteForce(worker: 0, lower: 0, { time($0, worker: $1, countsHead: countsHead) }) else {
        return nil
      }
      if best > 0 { worst = max(worst, time(layers, worker: worker, countsHead: countsHead) / best) }
    }
    return worst
  }

  /// The least loss of the worst stage over every split there is; nil when none fits.
  func bruteForceBound() -> Double? {
    bruteForce(worker: 0, lower: 0) { time($0, worker: $1, countsHead: false) }.flatMap { prompt in
      bruteForce(worker: 0, lower: 0) { time($0, worker: $1, countsHead: true) }.flatMap { answer in
        bruteForce(worker: 0, lower: 0) { layers, worker in
          max(
            prompt > 0 ? time(layers, worker: worker, countsHead: false) / prompt : 0,
            answer > 0 ? time(layers, worker: worker, countsHead: true) / answer : 0)
        }
      }
    }
  }

  private func bruteForce(worker: Int, lower: Int, _ time: (Range<Int>, Int) -> Double) -> Double? {
    let layerCount = planner.configuration.layerCount
    if lower == layerCount { return worker == workers.count || workers.count > layerCount ? 0 : nil }
    guard worker < workers.count else { return nil }
    var best = workers.count > layerCount ? bruteForce(worker: worker + 1, lower: lower, time) : nil
    for upper in lower + 1...layerCount where memory(lower..<upper) <= workers[worker].memoryByteCount {
      guard let rest = bruteForce(worker: worker + 1, lower: upper, time) else { continue }
      best = min(best ?? .infinity, max(rest, time(lower..<upper, worker)))
    }
    return best
  }
}
