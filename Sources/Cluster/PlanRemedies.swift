import Core

/// Searches the smallest single changes after which a plan fits, by trying them: each one named is enough.
struct PlanRemedies {
  let planner: LayerPlanner
  let workers: [WorkerResources]

  func found() -> [InfeasiblePlan.Remedy] {
    [memory(), shorterContext(), anotherWorker(), withoutWorker()].compactMap { $0 }
  }

  private func fits(_ workers: [WorkerResources], costs: StageCosts) -> Bool {
    LayerSplit(costs: costs, workers: workers).fits()
  }

  /// Memory for the whole model and its cache on one worker.
  private var wholeModelByteCount: Int {
    let costs = planner.costs
    return (0..<costs.layerCount).reduce(costs.processByteCount.cappedSum(planner.weights.headByteCount)) {
      $0.cappedSum(costs.memoryByteCount($1, $1 + 1))
    }
  }

  /// The worker that needs the least more memory; where more on one worker is not enough, more on all.
  private func memory() -> InfeasiblePlan.Remedy? {
    let costs = planner.costs
    var best: (worker: String, byteCount: Int)?
    for index in workers.indices {
      // Only less than the best so far counts, so most workers need no bisection.
      let bound = best.map { $0.byteCount - 1 } ?? wholeModelByteCount
      let extra = least(upTo: bound) { extra in
        var changed = workers
        changed[index].memoryByteCount = changed[index].memoryByteCount.cappedSum(extra)
        return fits(changed, costs: costs)
      }
      if let extra { best = (workers[index].name, extra) }
    }
    if let best { return .moreMemory(worker: best.worker, byteCount: best.byteCount) }
    return least(upTo: wholeModelByteCount) { extra in
      fits(
        workers.map {
          var changed = $0
          changed.memoryByteCount = changed.memoryByteCount.cappedSum(extra)
          return changed
        }, costs: costs)
    }.map { .moreMemoryEverywhere(byteCount: $0) }
  }

  private func shorterContext() -> InfeasiblePlan.Remedy? {
    let planned = planner.demand.contextLength
    // The least number of tokens to drop is the longest context that fits.
    return least(upTo: planned - 1) { dropped in
      var changed = planner
      changed.demand.contextLength = planned - dropped
      return fits(workers, costs: changed.costs)
    }.map { .shorterContext(planned - $0) }
  }

  private func anotherWorker() -> InfeasiblePlan.Remedy? {
    guard workers.count < min(planner.configuration.layerCount, Limits.maximumWorkerCount) else { return nil }
    let costs = planner.costs
    return least(upTo: wholeModelByteCount) { byteCount in
      let another = WorkerResources(name: "", memoryByteCount: byteCount, threadCount: 1)
      return fits(workers + [another], costs: costs)
    }.map { .anotherWorker(memoryByteCount: $0) }
  }

  /// A worker too small for any layer prevents a plan that fits without it.
  private func withoutWorker() -> InfeasiblePlan.Remedy? {
    guard workers.count > 1 else { return nil }
    let costs = planner.costs
    for index in workers.indices {
      var others = workers
      let removed = others.remove(at: index)
      if fits(others, costs: costs) { return .withoutWorker(removed.name) }
    }
    return nil
  }

  /// The least amount in `0...bound` that is enough, by bisection; nil when the bound is not enough.
  private func least(upTo bound: Int, isEnough: (Int) -> Bool) -> Int? {
    guard bound >= 0, isEnough(bound) else { return nil }
    var enough = bound
    var insufficient = -1
    while enough - insufficient > 1 {
      let middle = insufficient + (enough - insufficient) / 2
      if isEnough(middle) { enough = middle } else { insufficient = middle }
    }
    return enough
  }
}
