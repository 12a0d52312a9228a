import Core
import Fixtures

@testable import Cluster

/// A model, unequal workers and unequal links between them, small enough to try every order and every split.
struct LinkCase {
  let planner: LayerPlanner
  let workers: [WorkerResources]

  /// 4 to 8 layers over 2 to 4 workers of other speeds, memories and links. At least as many sequences as workers, so
  /// that the pipeline is full.
  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let layers = (0..<Int.random(in: 4...8, using: &random)).map { _ in
      Int.random(in: 5_000_000...20_000_000, using: &random)
    }
    let sequences = Int.random(in: 4...8, using: &random)
    var planner = PlannerCase.planner(
      layers: layers, embedding: Int.random(in: 0...20_000_000, using: &random),
      head: Int.random(in: 0...20_000_000, using: &random), context: 4096, sequences: sequences,
      workload: Workload(
        promptTokenCount: Int.random(in: 1000...4000, using: &random),
        answerTokenCount: Int.random(in: 1...90, using: &random), sequenceCount: sequences))
    let count = Int.random(in: 2...4, using: &random)
    let costs = planner.costs(of: [WorkerResources(name: "", memoryByteCount: 0, threadCount: 1)])
    let fair = costs[0].memoryByteCount(0, layers.count) / count
    workers = (0..<count).map { index in
      var worker = WorkerResources(
        name: "w\(index)", memoryByteCount: Int.random(in: fair...fair * 4, using: &random), threadCount: 1,
        relativeSpeed: Double(Int.random(in: 1...8, using: &random)))
      worker.offer.speed?.prefill = Double(Int.random(in: 1...8, using: &random))
      return worker
    }
    for a in workers.indices {
      for b in 0..<a {
        planner.links[workers[a].name, workers[b].name] = WorkerLink(
          bytesPerSecond: [2e5, 1e6, 1e7, 1e8].randomElement(using: &random) ?? 1e6,
          roundTripSeconds: [0.0001, 0.0003, 0.001].randomElement(using: &random) ?? 0)
      }
    }
    self.planner = planner
  }

  /// Picoseconds of the workload under the plan; nil without one.
  var planned: Double? {
    guard let plan = try? planner.plan(workers: workers) else { return nil }
    let ordered = plan.stages.compactMap { stage in workers.first { $0.name == stage.worker } }
    return time(ordered, plan.stages.map { $0.layers.indices })
  }

  /// The least over every split that fits, and with more than one link over every order; nil when none does.
  var least: Double? {
    (workers.count > 2 ? orders(workers) : [workers]).compactMap { order in
      PlannerCase(planner: planner, workers: order).splits().map { time(order, $0) }.min()
    }.min()
  }

  private func time(_ workers: [WorkerResources], _ split: [Range<Int>]) -> Double {
    planner.times(
      split.enumerated().map { LayerSplit.Stage(worker: $0, lower: $1.lowerBound, upper: $1.upperBound) }, workers
    ).whole
  }

  private func orders(_ items: [WorkerResources]) -> [[WorkerResources]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in orders(items.filter { $0 != first }).map { [first] + $0 } }
  }
}
