import Core

/// A single change to workers or demand that makes the planned workload quicker, found by planning with it.
package struct PlanChange: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable, CustomStringConvertible {
    case moreMemory(worker: String, byteCount: Int)
    /// One more worker like that one, last in order.
    case anotherWorker(like: String)
    case withoutWorker(String)
    /// Less cache, so that layers can move.
    case shorterContext(Int)

    package var description: String {
      switch self {
      case .moreMemory(let worker, let byteCount): "\(ByteText.of(byteCount)) more memory on \(worker)"
      case .anotherWorker(let like): "one more worker like \(like)"
      case .withoutWorker(let worker): "leaving out \(worker)"
      case .shorterContext(let contextLength): "--context \(contextLength)"
      }
    }
  }

  /// Smaller gains are not worth a change: predictions are no better.
  package static let leastGain = 0.02

  package let kind: Kind
  /// The share of the workload's time that is saved.
  package let gain: Double

  package var description: String { "\(kind): \(Int((gain * 100).rounded())) % less time for the workload" }

  /// The change that saves the most; of several that save nearly as much the first: memory, context, fewer workers,
  /// more workers.
  /// - Parameter time: of the workload as it is, in picoseconds.
  static func best(planner: LayerPlanner, workers: [WorkerResources], time: Double) -> PlanChange? {
    let trial = Trial(planner: planner, workers: workers, time: time)
    let found = [trial.moreMemory(), trial.shorterContext(), trial.withoutWorker(), trial.anotherWorker()]
    return found.compactMap { $0 }.reduce(nil) { best, next in
      next.gain > (best?.gain ?? 0) + leastGain ? next : best
    }
  }

  private struct Trial {
    let planner: LayerPlanner
    let workers: [WorkerResources]
    let time: Double

    /// The first worker of every kind: of the same offer one is tried for all.
    private var kinds: [Int] {
      workers.indices.filter { index in !workers[..<index].contains { $0.offer == workers[index].offer } }
    }

    private func gain(_ workers: [WorkerResources], by planner: LayerPlanner? = nil) -> Double {
      (planner ?? self.planner).workloadTime(workers).map { 1 - $0 / max(time, 1) } ?? 0
    }

    private func change(_ kind: Kind, _ gain: Double) -> PlanChange? {
      gain >= leastGain ? PlanChange(kind: kind, gain: gain) : nil
    }

    private func workers(adding byteCount: Int, to indices: Range<Int>) -> [WorkerResources] {
      var changed = workers
      for index in indices {
        changed[index].offer.memoryByteCount = changed[index].offer.memoryByteCount.cappedSum(byteCount)
      }
      return changed
    }

    /// Whether memory decides the split at all.
    private var memoryLimits: Bool { gain(workers(adding: .hugeByteCount, to: workers.indices)) >= leastGain }

    func moreMemory() -> PlanChange? {
      guard memoryLimits else { return nil }
      func gain(_ index: Int, _ byteCount: Int) -> Double {
        self.gain(workers(adding: byteCount, to: index..<index + 1))
      }
      let gains = kinds.map { ($0, gain($0, .hugeByteCount)) }
      guard let (index, most) = gains.max(by: { $0.1 < $1.1 }), most >= leastGain else { return nil }
      // In whole mebibytes, by bisection.
      var (enough, tooFew) = (planner.wholeModelByteCount(workers) >> 20 + 1, 0)
      while enough - tooFew > 1 {
        let middle = tooFew + (enough - tooFew) / 2
        if gain(index, middle << 20) >= most - leastGain / 2 { enough = middle } else { tooFew = middle }
      }
      return change(
        .moreMemory(worker: workers[index].name, byteCount: enough << 20), gain(index, enough << 20))
    }

    /// The same workload with half the cache, or as little as its sequences need.
    func shorterContext() -> PlanChange? {
      guard memoryLimits else { return nil }
      var changed = planner
      changed.demand.workload = planner.demand.plannedWorkload
      changed.demand.contextLength = max(1, planner.demand.contextLength / 2)
      return change(.shorterContext(changed.demand.contextLength), gain(workers, by: changed))
    }

    func withoutWorker() -> PlanChange? {
      guard workers.count > 1 else { return nil }
      var best: PlanChange?
      for index in kinds {
        var others = workers
        let removed = others.remove(at: index)
        let gain = gain(others)
        if gain > best?.gain ?? 0 { best = change(.withoutWorker(removed.name), gain) }
      }
      return best
    }

    /// Like one of the workers.
    func anotherWorker() -> PlanChange? {
      guard workers.count < min(planner.configuration.maximumStageCount, Limits.maximumWorkerCount) else { return nil }
      var best: PlanChange?
      for index in kinds {
        let gain = gain(workers + [workers[index]])
        if gain > best?.gain ?? 0 { best = change(.anotherWorker(like: workers[index].name), gain) }
      }
      return best
    }
  }
}
