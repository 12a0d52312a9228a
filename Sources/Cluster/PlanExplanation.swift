import Core

/// The sentences that explain a plan to its operator.
struct PlanExplanation {
  let planner: LayerPlanner
  /// Of each worker.
  let costs: [StageCosts]
  let workers: [WorkerResources]
  let split: [LayerSplit.Stage]

  func sentences() -> [String] {
    let kvByteCount = split.reduce(0) { $0.cappedSum(costs[$1.worker].kvByteCount($1.lower, $1.upper)) }
    var sentences = [
      "\(planner.configuration.layerCount) layers of \(planner.configuration.name) over \(split.count) of "
        + "\(workers.count) workers, so that their slowest stages take as little time as the memories allow for "
        + "\(workload.sequenceCount) x (\(workload.promptTokenCount) prompt + \(workload.answerTokenCount) answer) "
        + "tokens",
      "cache for \(planner.demand.sequenceCount) x \(planner.demand.contextLength) tokens: "
        + "\(planner.pageCount) pages, \(ByteText.of(kvByteCount)) in all",
    ]
    sentences += split.map(describe)
    sentences += tables() + togetherness()
    sentences += replayLog()
    sentences += sharing()
    sentences += limit()
    sentences += Phase.allCases.flatMap(slowLink)
    sentences += memoryPrice()
    sentences += leftOut()
    return sentences
  }

  private var workload: Workload { planner.demand.plannedWorkload }

  private var times: PipelineTimes {
    planner.times(split, workers)
  }

  private func describe(_ stage: LayerSplit.Stage) -> String {
    let (worker, costs) = (workers[stage.worker], costs[stage.worker])
    let ends =
      (stage.lower == 0 ? " with the embedding" : "")
      + (stage.upper == costs.layerCount ? (stage.lower == 0 ? " and the head" : " with the head") : "")
    return "\(worker.name): layers [\(stage.lower), \(stage.upper))\(ends), "
      + "\(ByteText.of(costs.weightByteCount(stage.lower, stage.upper))) of weights and "
      + "\(ByteText.of(costs.kvByteCount(stage.lower, stage.upper))) of cache, "
      + "\(ByteText.of(costs.memoryByteCount(stage.lower, stage.upper))) of its "
      + "\(ByteText.of(worker.offer.memoryByteCount))"
  }

  /// What every worker holds, where layers have inputs of their own.
  private func tables() -> [String] {
    guard split.count > 1, planner.weights.perStageByteCount > 0 else { return [] }
    return [
      "every worker holds the embedding and the table of the layers' own inputs, "
        + "\(ByteText.of(planner.weights.perStageByteCount)) of its weights"
    ]
  }

  /// Layers that no plan divides.
  private func togetherness() -> [String] {
    let bounds = planner.configuration.stageStarts + [planner.configuration.layerCount]
    guard workers.count > 1 else { return [] }
    return zip(bounds, bounds.dropFirst()).filter { $1 - $0 > 1 }.map {
      "layers [\($0), \($1)) stay together: they share keys and values"
    }
  }

  /// Memory to log everything sent to the next stage. The plan reserves none; the log uses what is left.
  private func replayLog() -> [String] {
    guard split.count > 1 else { return [] }
    let byteCount = planner.demand.contextLength.cappedProduct(planner.demand.sequenceCount)
      .cappedProduct(planner.configuration.hiddenSize).cappedProduct(MemoryLayout<Float>.size)
    return [
      "with \(ByteText.of(byteCount)) for its replay log (--replay-log, from memory that is left), each worker but the "
        + "last can rebuild the next worker's layers without recomputing its own"
    ]
  }

  /// What workers lose to others of their host, where they do.
  private func sharing() -> [String] {
    let together = SharedHost.speedsTogether(workers)
    return Set(split.compactMap { workers[$0.worker].host }).sorted { $0.name < $1.name }.compactMap { host in
      let (alone, shared) = split.filter { workers[$0.worker].host == host }.reduce(
        (StageSpeed(prefill: 0, decode: 0), StageSpeed(prefill: 0, decode: 0))
      ) { sums, stage in
        let (own, part) = (workers[stage.worker].speed, together[stage.worker])
        return (
          StageSpeed(prefill: sums.0.prefill + own.prefill, decode: sums.0.decode + own.decode),
          StageSpeed(prefill: sums.1.prefill + part.prefill, decode: sums.1.decode + part.decode)
        )
      }
      func percent(_ phase: KeyPath<StageSpeed, Double>) -> Int {
        Int((shared[keyPath: phase] / alone[keyPath: phase] * 100).rounded())
      }
      let (prefill, decode) = (percent(\.prefill), percent(\.decode))
      guard prefill < 100 || decode < 100 else { return nil }
      return "workers of \(host.name) share it: while all of them work, each multiplies at \(prefill)% and reads at "
        + "\(decode)% of its speed alone"
    }
  }

  /// The slowest stages, and the others' times relative to them.
  private func limit() -> [String] {
    let times = times
    let steps = times.prefill
    guard split.count > 1, times.limitingLink(.prefill) == nil,
      let index = steps.indices.max(by: { steps[$0] < steps[$1] }), steps[index] > 0
    else { return [] }
    let slowest = split[index]
    let free =
      workers[slowest.worker].offer.memoryByteCount
      - costs[slowest.worker].memoryByteCount(slowest.lower, slowest.upper)
    return [
      "\(workers[slowest.worker].name) limits prefill and has \(ByteText.of(max(0, free))) free; "
        + "load during prefill: \(shares(times, .prefill)); during decode: \(shares(times, .decode))"
    ]
  }

  /// A link that takes longer than the slowest stage.
  private func slowLink(_ phase: Phase) -> [String] {
    let times = times
    guard let link = times.limitingLink(phase) else { return [] }
    func text(_ time: Double) -> String { "\((time / 1e7).rounded() / 100) ms" }
    return [
      "\(link.hop.text) limits \(phase == .prefill ? "prefill" : "decode"): a step takes \(text(link.time)) "
        + "there and \(text(times.slowest(phase))) in the slowest stage"
    ]
  }

  /// The time of each stage as a share of the slowest.
  private func shares(_ times: PipelineTimes, _ phase: Phase) -> String {
    let bound = max(times.slowest(phase), 1)
    return zip(split, times.steps(phase))
      .map { "\(workers[$0.worker].name) \(Int(($1 / bound * 100).rounded()))%" }.joined(separator: ", ")
  }

  /// What the plan loses to the limits of memory.
  private func memoryPrice() -> [String] {
    let roomy = workers.map {
      var changed = $0
      changed.offer.memoryByteCount = .hugeByteCount
      return changed
    }
    guard let free = LayerSplit(costs: costs, workers: roomy).leastTimes(),
      let bound = LayerSplit(costs: costs, workers: workers).leastTimes()
    else { return [] }
    // The search is exact to half a percent.
    let percent = Int(((1 - free.total / max(bound.total, 1)) * 100).rounded())
    guard percent > 0 else { return [] }
    return [
      "memory limits this split, not speed: with enough memory everywhere the workload would take \(percent)% less time"
    ]
  }

  private func leftOut() -> [String] {
    let used = Set(split.map(\.worker))
    return workers.indices.filter { !used.contains($0) }.map {
      "\(workers[$0].name) gets no layers: the model's can be divided into \(planner.configuration.maximumStageCount) "
        + "stages for \(workers.count) workers, and the pipeline is no faster with it"
    }
  }
}
