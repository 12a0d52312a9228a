import Core

/// Exact search for the best contiguous split of layers over workers in their given order.
///
/// The slowest stage limits a full pipeline, in prefill and in decode, where the last stage also runs the head. One
/// split may not be the best for both: the search takes the split whose larger loss, against the best split of either
/// phase, is least. Of many splits with that loss it takes the one with the smallest sum of squares, the most even.
/// Dynamic programs over (workers, layers); memory and time of a run of layers only grow with its length, which ends
/// the inner loops early.
struct LayerSplit {
  /// One worker's layers `[lower, upper)`; `worker` indexes the workers given.
  struct Stage: Hashable {
    let worker: Int
    let lower: Int
    let upper: Int
  }

  /// A worker as the search sees it.
  private struct Candidate {
    let costs: StageCosts
    let memoryByteCount: Int
    let prefillSpeed: Double
    let decodeSpeed: Double

    init(_ worker: WorkerResources, _ costs: StageCosts) {
      self.costs = costs
      memoryByteCount = worker.offer.memoryByteCount
      (prefillSpeed, decodeSpeed) = (worker.speed(.prefill), worker.speed(.decode))
    }

    func time(_ lower: Int, _ upper: Int, _ work: StageCosts.Work) -> Double {
      costs.time(lower, upper, speed: work == .prefill ? prefillSpeed : decodeSpeed, work)
    }

    func hasRoom(_ lower: Int, _ upper: Int) -> Bool { costs.memoryByteCount(lower, upper) <= memoryByteCount }
  }

  private let candidates: [Candidate]
  private let layerCount: Int
  /// Workers may get no layers only where there are more workers than layers.
  private let mayLeaveOut: Bool

  /// - Parameter costs: of each worker, for the same layers.
  init(costs: [StageCosts], workers: [WorkerResources]) {
    candidates = zip(workers, costs).map(Candidate.init)
    layerCount = costs.first?.layerCount ?? 0
    mayLeaveOut = workers.count > layerCount
  }

  /// Whether any split fits the memories.
  func fits() -> Bool {
    search(timeBound: .infinity, time: { _, _, _ in 0 }, measure: { $0 }, combine: +) != nil
  }

  /// The best split; nil when none fits the memories.
  func best() -> [Stage]? {
    func least(_ work: StageCosts.Work) -> Double? {
      search(timeBound: .infinity, time: { $2.time($0, $1, work) }, measure: { $0 }, combine: max)?.total
    }
    guard let prefill = least(.prefill), let decode = least(.decode) else { return nil }
    let loss = { (lower: Int, upper: Int, worker: Candidate) in
      max(
        prefill > 0 ? worker.time(lower, upper, .prefill) / prefill : 0,
        decode > 0 ? worker.time(lower, upper, .decode) / decode : 0)
    }
    guard let bound = search(timeBound: .infinity, time: loss, measure: { $0 }, combine: max)?.total else {
      return nil
    }
    return search(timeBound: bound, time: loss, measure: { $0 * $0 }, combine: +)?.stages
  }

  /// The split with the least combined measure of stage times, none above the bound.
  private func search(
    timeBound: Double, time: (_ lower: Int, _ upper: Int, _ worker: Candidate) -> Double,
    measure: (Double) -> Double, combine: (Double, Double) -> Double
  ) -> (total: Double, stages: [Stage])? {
    guard layerCount > 0 else { return nil }
    // best[upper]: least total with the workers so far holding exactly the layers below `upper`.
    var best = [Double](repeating: .infinity, count: layerCount + 1)
    best[0] = 0
    var lowers: [[Int?]] = []
    for worker in candidates {
      var next = mayLeaveOut ? best : [Double](repeating: .infinity, count: layerCount + 1)
      var lowerOf = [Int?](repeating: nil, count: layerCount + 1)
      for upper in 1...layerCount {
        for lower in (0..<upper).reversed() {
          let needed = time(lower, upper, worker)
          // A total is at least the measure of its last stage, which grows with the run.
          if needed > timeBound || measure(needed) >= next[upper] { break }
          if !worker.hasRoom(lower, upper) {
            // The one exception to growth: a run of all layers holds a tied head only once.
            if upper == layerCount { continue }
            break
          }
          guard best[lower] < .infinity else { continue }
          let total = combine(best[lower], measure(needed))
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
    var upper = layerCount
    for worker in lowers.indices.reversed() {
      guard let lower = lowers[worker][upper] else { continue }
      stages.append(Stage(worker: worker, lower: lower, upper: upper))
      upper = lower
    }
    return stages.reversed()
  }
}
