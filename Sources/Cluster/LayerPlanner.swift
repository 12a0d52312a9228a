package import Core

/// Assigns every worker a contiguous run of layers, so that the slowest stages of prefill and decode take as little
/// time over the planned workload as the memories allow.
///
/// A worker gets no layers only when there are more workers than stages that layers can be divided into. The embedding
/// counts on the first stage, the head on the last (a tied head only once when one worker has both), and on each what
/// its process and its steps need, and what layers' own inputs do.
package struct LayerPlanner: Hashable, Sendable {
  /// Memory of a worker's process whatever its model: code, heap, sockets, threads' own buffers.
  static let baseByteCount = 128 << 20
  /// How much longer a workload may take for layers to stay where they are: moved ones are loaded, and every sequence
  /// is read again.
  static let toleratedLoss = 1.1

  package var configuration: ModelConfiguration
  package var weights: WeightFootprint
  package var demand: KVDemand
  /// Memory of a worker's process besides weights and pages; nil counts what the model takes.
  package var fixedProcessByteCount: Int?
  /// Between the workers, by name; unknown ones cost nothing.
  package var links = WorkerLinks()

  /// - Precondition: the footprint has one count a layer of the configuration, and there is a layer.
  package init(
    configuration: ModelConfiguration, weights: WeightFootprint, demand: KVDemand,
    processByteCount: Int? = nil
  ) {
    precondition(
      weights.layers.count == configuration.layerCount && configuration.layerCount > 0,
      "the weight footprint does not have the model's layers")
    self.configuration = configuration
    self.weights = weights
    self.demand = demand
    fixedProcessByteCount = processByteCount
  }

  /// Plans for the workers in their order, which becomes the order of stages, unless links are unequal and another
  /// order is quicker. Deterministic.
  /// - Parameter kept: layers that the workers have, one range each. They keep them where these are a whole split that
  ///   fits and is at most `toleratedLoss` slower than the best.
  /// - Throws: `InfeasiblePlan`, with remedies; searching those takes far longer than a plan.
  package func plan(workers: [WorkerResources], keeping kept: [LayerRange] = []) throws(InfeasiblePlan) -> LayerPlan {
    try check(workers)
    let order = kept.isEmpty ? ordered(workers) : workers
    let plan = try plan(inOrder: order, keeping: kept)
    guard order != workers else { return plan }
    let names = plan.stages.map(\.worker).joined(separator: ", ")
    return LayerPlan(
      stages: plan.stages,
      reasons: plan.reasons + ["the order \(names) suits the links, which are unequal, better than the given one"],
      pageCount: plan.pageCount)
  }

  /// - Parameter workers: checked.
  func plan(inOrder workers: [WorkerResources], keeping kept: [LayerRange] = []) throws(InfeasiblePlan) -> LayerPlan {
    let costs = costs(of: workers)
    guard let split = split(costs, workers, keeping: kept) else {
      throw InfeasiblePlan(
        reason: shortage(workers), remedies: PlanRemedies(planner: self, workers: workers).found())
    }
    let stages = split.compactMap { stage in
      // Never nil: the split's bounds are ordered.
      LayerRange(lower: stage.lower, upper: stage.upper).map {
        share(of: workers[stage.worker].name, layers: $0, costs: costs[stage.worker])
      }
    }
    return LayerPlan(
      stages: stages,
      reasons: PlanExplanation(planner: self, costs: costs, workers: workers, split: split).sentences(),
      pageCount: pageCount)
  }

  private func split(
    _ costs: [StageCosts], _ workers: [WorkerResources], keeping kept: [LayerRange]
  ) -> [LayerSplit.Stage]? {
    let search = LayerSplit(costs: costs, workers: workers)
    if let times = search.times(of: kept), let least = search.leastTimes(),
      times.total <= least.total * Self.toleratedLoss
    {
      return kept.enumerated().map { LayerSplit.Stage(worker: $0, lower: $1.lower, upper: $1.upper) }
    }
    return search.best()
  }

  /// Whether there is a plan. Where there is none, this is far quicker than the search of remedies.
  package func fits(_ workers: [WorkerResources]) -> Bool {
    guard (try? check(workers)) != nil else { return false }
    return LayerSplit(costs: costs(of: workers), workers: workers).fits()
  }

  private func share(of worker: String, layers: LayerRange, costs: StageCosts) -> StagePlacement {
    StagePlacement(
      worker: worker, layers: layers, hasEmbedding: layers.lower == 0,
      hasHead: layers.upper == costs.layerCount,
      weightByteCount: costs.weightByteCount(layers.lower, layers.upper),
      kvByteCount: costs.kvByteCount(layers.lower, layers.upper))
  }

  /// Memory of any worker's process besides weights and pages. Every stage is taken to have a layer of each kind.
  package var processByteCount: Int { fixedProcessByteCount ?? Self.baseByteCount.cappedSum(scratch.layerByteCount) }

  private var scratch: StageScratch {
    StageScratch(
      configuration, layers: 0..<configuration.layerCount, hasHead: true, rowCapacity: demand.stepTokenCount,
      contextLength: demand.contextLength)
  }

  var pageCount: Int { demand.pageCount(trainedLength: configuration.trainedLength) }

  /// What layers cost each of these workers, by its device. A device that cannot store the cache's type, which `check`
  /// refuses, is given no pages.
  /// - Parameter chunkTokenCount: of a prompt's steps; nil for the largest, by which layers are divided.
  func costs(of workers: [WorkerResources], chunkTokenCount: Int? = nil) -> [StageCosts] {
    let none = KVPageSize.Vector(bitCount: 0)
    let workload = demand.plannedWorkload
    let groups = demand.groupsWorkload(trainedLength: configuration.trainedLength)
    let prefill = StepLoad.prefill(workload, chunkTokenCount: chunkTokenCount ?? demand.chunkTokenCount, groups: groups)
    let decode = StepLoad.decode(
      workload, stageCount: min(workers.count, configuration.maximumStageCount), groups: groups)
    let processByteCount = processByteCount
    let headScratchByteCount = fixedProcessByteCount == nil ? scratch.headByteCount : 0
    var known: [KVPageSize: StageCosts] = [:]
    return workers.map { worker in
      let pageSize = worker.offer.pageSizes[demand.elementType] ?? KVPageSize(key: none, value: none)
      if let costs = known[pageSize] { return costs }
      let costs = StageCosts(
        weights, model: configuration, pageSize: pageSize, pageCount: pageCount, processByteCount: processByteCount,
        headScratchByteCount: headScratchByteCount, prefill: prefill, decode: decode)
      known[pageSize] = costs
      return costs
    }
  }

  /// Memory for the whole model and its cache on any one of the workers.
  func wholeModelByteCount(_ workers: [WorkerResources]) -> Int {
    costs(of: workers).map { costs in
      (0..<costs.layerCount).reduce(costs.processByteCount.cappedSum(weights.headByteCount)) {
        $0.cappedSum(costs.memoryByteCount($1, $1 + 1))
      }
    }.max() ?? 0
  }

  /// Checks what workers report and operators set, before any arithmetic.
  func check(_ workers: [WorkerResources]) throws(InfeasiblePlan) {
    guard !workers.isEmpty else { throw InfeasiblePlan(reason: "there is no worker to plan for") }
    guard workers.count <= Limits.maximumWorkerCount else {
      throw InfeasiblePlan(
        reason: "\(workers.count) workers exceed the limit of \(Limits.maximumWorkerCount)")
    }
    guard Set(workers.map(\.name)).count == workers.count else {
      throw InfeasiblePlan(reason: "two workers have the same name; start them with different --name")
    }
    for worker in workers {
      let speeds = [worker.speed.prefill, worker.speed.decode]
      guard speeds.allSatisfy(WorkerResources.speeds.contains), worker.offer.memoryByteCount >= 0 else {
        throw InfeasiblePlan(
          reason: "worker \(worker.name) reports \(worker.offer.memoryByteCount) bytes of memory and speeds "
            + "\(speeds); memory must not be negative, and speed must be within \(WorkerResources.speeds)")
      }
      guard worker.offer.pageSizes[demand.elementType] != nil else {
        throw InfeasiblePlan(
          reason: "\(worker.offer.device) of worker \(worker.name) cannot store a KV cache of type "
            + "\(demand.elementType.rawValue)")
      }
    }
    guard (1...Limits.maximumContext).contains(demand.contextLength), demand.sequenceCount >= 1 else {
      throw InfeasiblePlan(
        reason:
          "\(demand.sequenceCount) sequences of \(demand.contextLength) tokens cannot be planned: "
          + "there must be at least one sequence, and a context of 1 to \(Limits.maximumContext)")
    }
    guard pageCount <= Int(UInt32.max) else {
      throw InfeasiblePlan(
        reason: "\(pageCount) cache pages exceed the range of page ids; plan fewer sequences")
    }
  }

  private func shortage(_ workers: [WorkerResources]) -> String {
    let stageCount = min(workers.count, configuration.maximumStageCount)
    let all = (0, configuration.layerCount)
    let costs = costs(of: workers)
    let weightByteCount = costs[0].weightByteCount(all.0, all.1)
    // Of the device that takes the least.
    let kvByteCount = costs.map { $0.kvByteCount(all.0, all.1) }.min() ?? 0
    // With several stages the last one holds a tied head, too, unless every stage does.
    let holdsHeadAgain = configuration.hasTiedHead && stageCount > 1 && weights.perStageByteCount == 0
    let needed = weightByteCount.cappedSum(kvByteCount)
      .cappedSum(processByteCount.cappedProduct(stageCount))
      .cappedSum(costs[0].headScratchByteCount)
      .cappedSum(holdsHeadAgain ? weights.embeddingByteCount : 0)
      .cappedSum(weights.perStageByteCount.cappedProduct(stageCount - 1))
    let offered = workers.reduce(0) { $0.cappedSum($1.offer.memoryByteCount) }
    let what = """
      \(configuration.name) needs \(ByteText.of(needed)) \
      (\(ByteText.of(weightByteCount)) of weights, \(ByteText.of(kvByteCount)) of cache for \(demand.sequenceCount) x \
      \(demand.contextLength) tokens, \(ByteText.of(processByteCount)) a process)
      """
    if needed > offered {
      return "\(what), but the \(workers.count) workers offer \(ByteText.of(offered)): "
        + "\(ByteText.of(needed - offered)) are missing"
    }
    return
      "\(what) and the \(workers.count) workers offer \(ByteText.of(offered)), but layers are whole "
      + "and in order, and no split fits the memory of each worker"
  }
}
