import Core

/// Searches the smallest single changes after which a plan fits, by trying them: each one named is enough.
struct PlanRemedies {
  let planner: LayerPlanner
  let workers: [WorkerResources]

  func found() -> [InfeasiblePlan.Remedy] {
    [memory(), shorterContext(), anotherWorker(), withoutWorker()].compactMap { $0 }
  }

  private func fits(_ workers: [WorkerResources], by planner: LayerPlanner? = nil) -> Bool {
    LayerSplit(costs: (planner ?? self.planner).costs(of: workers), workers: workers).fits()
  }

  /// The worker that needs the least more memory; where more on one worker is not enough, more on all.
  private func memory() -> InfeasiblePlan.Remedy? {
    var best: (worker: String, byteCount: Int)?
    for index in workers.indices {
      // Only less than the best so far counts, so most workers need no bisection.
      let bound = best.map { $0.byteCount - 1 } ?? planner.wholeModelByteCount(workers)
      let extra = least(upTo: bound) { extra in
        var changed = workers
        changed[index].offer.memoryByteCount = changed[index].offer.memoryByteCount.cappedSum(extra)
        return fits(changed)
      }
      if let extra { best = (workers[index].name, extra) }
    }
    if let best { return .moreMemory(worker: best.worker, byteCount: best.byteCount) }
    return least(upTo: planner.wholeModelByteCount(workers)) { extra in
      fits(
        workers.map {
          var changed = $0
          changed.offer.memoryByteCount = changed.offer.memoryByteCount.cappedSum(extra)
          return changed
        })
    }.map { .moreMemoryEverywhere(byteCount: $0) }
  }

  private func shorterContext() -> InfeasiblePlan.Remedy? {
    let planned = planner.demand.contextLength
    // The least number of tokens to drop is the longest context that fits.
    return least(upTo: planned - 1) { dropped in
      var changed = planner
      changed.demand.contextLength = planned - dropped
      return fits(workers, by: changed)
    }.map { .shorterContext(planned - $0) }
  }

  private func anotherWorker() -> InfeasiblePlan.Remedy? {
    guard workers.count < min(planner.configuration.maximumStageCount, Limits.maximumWorkerCount),
      var another = workers.first
    else { return nil }
    return least(upTo: planner.wholeModelByteCount(workers)) { byteCount in
      // A device like the first one's.
      another.offer.memoryByteCount = byteCount
      return fits(workers + [another])
    }.map { .anotherWorker(memoryByteCount: $0) }
  }

  /// A worker too small for any layer prevents a plan that fits without it.
  private func withoutWorker() -> InfeasiblePlan.Remedy? {
    guard workers.count > 1 else { return nil }
    for index in workers.indices {
      var others = workers
      let removed = others.remove(at: index)
      if fits(others) { return .withoutWorker(removed.name) }
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
