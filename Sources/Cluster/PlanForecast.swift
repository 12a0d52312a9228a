package import Core

/// What a plan should do under its workload. Speeds are the workers' own where they are measured or given, else those
/// of as many reference threads.
package struct PlanForecast: Hashable, Sendable {
  package struct Stage: Hashable, Sendable {
    package let placement: StagePlacement
    /// The worker's, measured or stated; nil where its threads are counted.
    package let speed: StageSpeed?
    /// All that the worker's process takes.
    package let memoryByteCount: Int
    package let freeByteCount: Int
    /// A prompt of the workload in this stage.
    package let prefillSeconds: Double
    /// A step of a group of sequences in this stage.
    package let decodeSeconds: Double
    /// The stage's time as a share of the slowest stage's.
    package let prefillLoad: Double
    package let decodeLoad: Double
  }

  /// A link between two stages.
  package struct Link: Hashable, Sendable {
    package let from: String
    package let to: String
    package let link: WorkerLink
    /// While a step of a prompt, or of a group of sequences, occupies it.
    package let prefillSeconds: Double
    package let decodeSeconds: Double
  }

  /// How many sequences of a length the workers hold, with layers placed for them.
  package struct Room: Hashable, Sendable {
    package let contextLength: Int
    package let sequenceCount: Int
  }

  package let workload: Workload
  package let stages: [Stage]
  /// Between stages, as far as they are known.
  package let links: [Link]
  /// Workers of the slowest stages, or the link that is slower: `a → b: 94 Mbit/s`.
  package let limitsPrefill: String
  package let limitsDecode: String
  package let firstTokenSeconds: Double
  package let prefillTokensPerSecond: Double
  /// Of all sequences together.
  package let decodeTokensPerSecond: Double
  /// Nil where no single change that was tried makes the workload quicker by `PlanChange.leastGain`.
  package let change: PlanChange?
  package let room: [Room]
}

extension LayerPlanner {
  /// Predicts what the plan of these workers does, and tries changes. Costs as much as some dozens of plans, and more
  /// where memory decides.
  /// - Parameter lengths: to find the room for.
  /// - Throws: `InfeasiblePlan` as `plan`.
  package func forecast(workers given: [WorkerResources], lengths: [Int]) throws(InfeasiblePlan) -> PlanForecast {
    try check(given)
    let workers = ordered(given)
    let plan = try plan(inOrder: workers)
    let costs = costs(of: workers)
    let split = plan.stages.map { stage in
      LayerSplit.Stage(
        worker: workers.firstIndex { $0.name == stage.worker } ?? 0, lower: stage.layers.lower,
        upper: stage.layers.upper)
    }
    let times = times(split, workers)
    func limit(_ phase: Phase) -> String {
      if let link = times.limitingLink(phase) { return link.hop.text }
      let steps = times.steps(phase)
      return plan.stages[steps.indices.max { steps[$0] < steps[$1] } ?? 0].worker
    }
    let stages = split.enumerated().map { index, stage in
      let memory = costs[stage.worker].memoryByteCount(stage.lower, stage.upper)
      return PlanForecast.Stage(
        placement: plan.stages[index], speed: workers[stage.worker].offer.speed, memoryByteCount: memory,
        freeByteCount: workers[stage.worker].offer.memoryByteCount - memory,
        prefillSeconds: times.promptInStage(index) / 1e12, decodeSeconds: times.decode[index] / 1e12,
        prefillLoad: times.prefill[index] / max(times.slowest(.prefill), 1),
        decodeLoad: times.decode[index] / max(times.slowest(.decode), 1))
    }
    return PlanForecast(
      workload: demand.plannedWorkload, stages: stages, links: times.links.known, limitsPrefill: limit(.prefill),
      limitsDecode: limit(.decode), firstTokenSeconds: (times.prompt + times.links.back) / 1e12,
      prefillTokensPerSecond: times.promptTokensPerSecond, decodeTokensPerSecond: times.answerTokensPerSecond,
      change: PlanChange.best(planner: self, workers: workers, time: times.whole),
      room: lengths.map { PlanForecast.Room(contextLength: $0, sequenceCount: sequenceCount(workers, length: $0)) })
  }

  /// The most sequences of the length for which there is a plan, at most as many as a step carries; 0 for none.
  private func sequenceCount(_ workers: [WorkerResources], length: Int) -> Int {
    var (enough, tooMany) = (0, Limits.maximumStepEntryCount + 1)
    while tooMany - enough > 1 {
      let middle = (enough + tooMany) / 2
      var planner = self
      (planner.demand.contextLength, planner.demand.sequenceCount) = (length, middle)
      if planner.fits(workers) { enough = middle } else { tooMany = middle }
    }
    return enough
  }
}
