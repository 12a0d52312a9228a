/// Exact search for the best contiguous split of layers over workers in their given order.
///
/// The slowest stage decides how fast a full pipeline runs, so its time is made as small as memory allows.
/// Many splits share that time; among them the one with the smallest sum of squared stage times is taken,
/// which is the most even. Two dynamic programs over (workers, layers); memory and time of a run of layers
/// only grow as it gets longer, which ends the inner loops early.
struct LayerSplit {
  /// One worker's layers `[lower, upper)`; `worker` is an index into the workers given.
  struct Stage: Hashable {
    let worker: Int
    let lower: Int
    let upper: Int
  }

  private let costs: StageCosts
  private let memory: [Int]
  private let speeds: [Double]
  /// Workers may be left out only where there are more of them than layers.
  private let mayLeaveOut: Bool

  init(costs: StageCosts, workers: [WorkerResources]) {
    self.costs = costs
    memory = workers.map(\.memoryByteCount)
    speeds = workers.map(\.relativeSpeed)
    mayLeaveOut = workers.count > costs.layerCount
  }

  /// Whether any split fits the memories.
  func fits() -> Bool { search(timeBound: .infinity, measure: { _ in 0 }, combine: +) != nil }

  /// The best split; nil when none fits the memories.
  func best() -> [Stage]? {
    guard let bound = search(timeBound: .infinity, measure: { $0 }, combine: max)?.total else { return nil }
    return search(timeBound: bound, measure: { $0 * $0 }, combine: +)?.stages
  }

  /// The split with the least combined measure of stage times, none above the bound.
  private func search(
    timeBound: Double, measure: (Double) -> Double, combine: (Double, Double) -> Double
  ) -> (total: Double, stages: [Stage])? {
    let layerCount = costs.layerCount
    // best[upper]: least total with the workers so far holding exactly the layers below `upper`.
    var best = [Double](repeating: .infinity, count: layerCount + 1)
    best[0] = 0
    var lowers: [[Int?]] = []
    for worker in memory.indices {
      var next = mayLeaveOut ? best : [Double](repeating: .infinity, count: layerCount + 1)
      var lowerOf = [Int?](repeating: nil, count: layerCount + 1)
      for upper in 1...layerCount {
        for lower in (0..<upper).reversed() {
          let time = costs.time(lower, upper, speed: speeds[worker])
          // No total is below its own stage's measure, and longer runs only measure more.
          if time > timeBound || measure(time) >= next[upper] { break }
          if costs.memoryByteCount(lower, upper) > memory[worker] {
            // The one exception to growth: all layers together may hold a tied head only once.
            if upper == layerCount { continue }
            break
          }
          guard best[lower] < .infinity else { continue }
          let total = combine(best[lower], measure(time))
          if total < next[upper] {
            next[upper] = total
            lowerOf[upper] = lower
          }
        }
      }
      best = next
      lowers.append(lowerOf)
    }
    guard best[layerCount] < .infinity else { return nil }
    return (best[layerCount], stages(lowers))
  }

  private func stages(_ lowers: [[Int?]]) -> [Stage] {
    var stages: [Stage] = []
    var upper = costs.layerCount
    for worker in lowers.indices.reversed() {
      guard let lower = lowers[worker][upper] else { continue }
      stages.append(Stage(worker: worker, lower: lower, upper: upper))
      upper = lower
    }
    return stages.reversed()
  }
}
