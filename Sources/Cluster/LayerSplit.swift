import Core

/// Search for the best contiguous split of layers over workers in their given order. Layers that must stay together are
/// one unit of the search (`StageCosts.bounds`).
///
/// The slowest stage limits a full pipeline. It may be another one in prefill than in decode, where the last stage also
/// runs the head for every row. The search takes the split with the least sum of both phases' slowest stages over a
/// whole workload, and of many with that sum the most even one: the smallest sum of squares.
///
/// Dynamic programs over (workers, layers); memory and time of a run of layers only grow with its length, which ends
/// the inner loops early. One program finds the least of one phase's slowest stage while the other's is bounded. The
/// bound moves from the best split for prefill towards the best for decode, in steps of `stepShare` of the sum, so the
/// sum found is at most that much above the least.
struct LayerSplit {
  /// One worker's layers `[lower, upper)`; `worker` indexes the workers given.
  struct Stage: Hashable {
    let worker: Int
    let lower: Int
    let upper: Int
  }

  /// Picoseconds of the workload's slowest stage, by phase, where the slowest worker is a reference thread.
  struct Times: Hashable {
    var prefill: Double
    var decode: Double
    var total: Double { prefill + decode }

    static let unbounded = Times(prefill: .infinity, decode: .infinity)
  }

  /// A worker as the search sees it.
  private struct Candidate {
    let costs: StageCosts
    let memoryByteCount: Int
    /// As a multiple of the slowest (`SpeedLevels`).
    let speed: StageSpeed

    init(_ worker: WorkerResources, _ costs: StageCosts, speed: StageSpeed) {
      self.costs = costs
      memoryByteCount = worker.offer.memoryByteCount
      self.speed = speed
    }

    func times(_ lower: Int, _ upper: Int) -> Times {
      Times(
        prefill: costs.workloadTime(lower, upper, .prefill, speed),
        decode: costs.workloadTime(lower, upper, .decode, speed))
    }

    func hasRoom(_ lower: Int, _ upper: Int) -> Bool { costs.memoryByteCount(lower, upper) <= memoryByteCount }
  }

  private static let stepShare = 0.005

  private let candidates: [Candidate]
  /// Where stages may begin or end, by units.
  private let bounds: [Int]
  private var unitCount: Int { bounds.count - 1 }
  /// Workers may get no layers only where there are more workers than units.
  private let mayLeaveOut: Bool

  /// - Parameter costs: of each worker, for the same layers.
  init(costs: [StageCosts], workers: [WorkerResources]) {
    let speeds = SharedHost.speedsTogether(workers)
    let levels = SpeedLevels(speeds)
    candidates = workers.indices.map { Candidate(workers[$0], costs[$0], speed: levels.leveled(speeds[$0])) }
    bounds = costs.first?.bounds ?? [0]
    mayLeaveOut = workers.count > bounds.count - 1
  }

  /// Whether any split fits the memories.
  func fits() -> Bool { search(.unbounded, measure: { _ in 0 }, combine: +) != nil }

  /// The best split; nil when none fits the memories.
  func best() -> [Stage]? {
    guard let bound = leastTimes() else { return nil }
    return search(bound, measure: { $0.total * $0.total }, combine: +)?.stages
  }

  /// The slowest stages' times of the best split; nil when none fits the memories.
  func leastTimes() -> Times? {
    guard var prefill = least(.unbounded, \.prefill), let fastestDecode = least(.unbounded, \.decode) else {
      return nil
    }
    var best: Times?
    while prefill + fastestDecode < best?.total ?? .infinity {
      guard let decode = least(Times(prefill: prefill, decode: .infinity), \.decode) else { break }
      let found = Times(prefill: prefill, decode: decode)
      if found.total < best?.total ?? .infinity { best = found }
      let target = decode - found.total * Self.stepShare
      guard target >= fastestDecode, target < decode,
        let next = least(Times(prefill: .infinity, decode: target), \.prefill)
      else { break }
      prefill = next
    }
    return best
  }

  /// The slowest stages' times of a split; nil when it is not one of these workers, or exceeds a memory.
  /// - Parameter ranges: each worker's layers, which are all of them in order.
  func times(of ranges: [LayerRange]) -> Times? {
    guard ranges.count == candidates.count else { return nil }
    var (times, next) = (Times(prefill: 0, decode: 0), 0)
    for (worker, layers) in zip(candidates, ranges) {
      guard layers.lower == next, layers.count > 0, bounds.contains(layers.upper),
        worker.hasRoom(layers.lower, layers.upper)
      else { return nil }
      let own = worker.times(layers.lower, layers.upper)
      times = Times(prefill: max(times.prefill, own.prefill), decode: max(times.decode, own.decode))
      next = layers.upper
    }
    return next == bounds.last ? times : nil
  }

  private func least(_ bound: Times, _ phase: KeyPath<Times, Double>) -> Double? {
    search(bound, measure: { $0[keyPath: phase] }, combine: max)?.total
  }

  /// The split with the least combined measure of stage times, none above the bound.
  private func search(
    _ bound: Times, measure: (Times) -> Double, combine: (Double, Double) -> Double
  ) -> (total: Double, stages: [Stage])? {
    guard unitCount > 0 else { return nil }
    // best[upper]: least total with the workers so far holding exactly the units below `upper`.
    var best = [Double](repeating: .infinity, count: unitCount + 1)
    best[0] = 0
    var lowers: [[Int?]] = []
    for worker in candidates {
      var next = mayLeaveOut ? best : [Double](repeating: .infinity, count: unitCount + 1)
      var lowerOf = [Int?](repeating: nil, count: unitCount + 1)
      for upper in 1...unitCount {
        for lower in (0..<upper).reversed() {
          let needed = worker.times(bounds[lower], bounds[upper])
          // A total is at least the measure of its last stage, which grows with the run.
          if needed.prefill > bound.prefill || needed.decode > bound.decode || measure(needed) >= next[upper] { break }
          if !worker.hasRoom(bounds[lower], bounds[upper]) {
            // The one exception to growth: a run of all layers holds a tied head only once.
            if upper == unitCount { continue }
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
    guard best[unitCount] < .infinity else { return nil }
    return (best[unitCount], stages(lowers))
  }

  private func stages(_ lowers: [[Int?]]) -> [Stage] {
    var stages: [Stage] = []
    var upper = unitCount
    for worker in lowers.indices.reversed() {
      guard let lower = lowers[worker][upper] else { continue }
      stages.append(Stage(worker: worker, lower: bounds[lower], upper: bounds[upper]))
      upper = lower
    }
    return stages.reversed()
  }
}
