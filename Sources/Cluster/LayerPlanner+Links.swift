import Core

/// The order of stages where links are unequal.
extension LayerPlanner {
  /// The workers in the order whose best split takes the least time for the workload: the given one unless another
  /// takes less by more than `PlanChange.leastGain`. Links and their noise count by levels; with equal links the order
  /// is the given one. Costs as much as a plan for each of `LinkOrders.candidates`.
  func ordered(_ workers: [WorkerResources]) -> [WorkerResources] {
    let names = workers.map(\.name)
    let levels = links.leveled(names)
    guard workers.count > 1, !levels.areEqual(names) else { return workers }
    var planner = self
    planner.links = levels
    let costs = costs(of: workers)
    let orders = LinkOrders(workers: names, links: levels, cost: { linkCost($0, costs) }) {
      $0.delay * Double(demand.plannedWorkload.answerTokenCount)
    }.candidates()
    func time(_ order: [Int]) -> Double {
      planner.workloadTime(order.map { workers[$0] }, costs: order.map { costs[$0] }) ?? .infinity
    }
    guard let given = orders.first else { return workers }
    var best = (order: given, time: time(given) * (1 - PlanChange.leastGain))
    for order in orders.dropFirst() {
      let time = time(order)
      if time < best.time { best = (order, time) }
    }
    return best.order.map { workers[$0] }
  }

  /// Picoseconds of the workload in which a link is waited for: for a prompt's first chunk, and for each token of an
  /// answer that is alone.
  private func linkCost(_ link: WorkerLink, _ costs: [StageCosts]) -> Double {
    guard let costs = costs.first else { return 0 }
    func passage(_ phase: Phase) -> Double {
      link.transferTime(rowByteCount.cappedProduct(costs.load(phase).rowCount)) + link.delay
    }
    return passage(.prefill) + passage(.decode) * Double(demand.plannedWorkload.answerTokenCount)
  }

  /// Bytes of one token's hidden states, which travel as 32-bit floats.
  private var rowByteCount: Int { configuration.hiddenSize.cappedProduct(MemoryLayout<Float>.size) }

  /// The times of a split over these workers and their links, with the chunks that the scheduler chooses for it.
  func times(_ split: [LayerSplit.Stage], _ workers: [WorkerResources]) -> PipelineTimes {
    let chunk =
      demand.adaptsChunks
      ? PromptChunk.tokenCount(
        promptCount: demand.plannedWorkload.promptTokenCount, stageCount: split.count, limit: demand.chunkTokenCount)
      : demand.chunkTokenCount
    return PipelineTimes(
      costs: costs(of: workers, chunkTokenCount: chunk), workers: workers, split: split,
      workload: demand.plannedWorkload, links: links, rowByteCount: rowByteCount)
  }

  /// Picoseconds of the planned workload under the best split in this order; nil when none fits.
  func workloadTime(_ workers: [WorkerResources], costs: [StageCosts]? = nil) -> Double? {
    let costs = costs ?? self.costs(of: workers)
    guard let split = LayerSplit(costs: costs, workers: workers).best() else { return nil }
    return times(split, workers).whole
  }
}
