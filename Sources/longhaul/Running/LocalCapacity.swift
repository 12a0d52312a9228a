import Cluster
import Core
import Weights

/// How long and how many sequences a model serves in the memory of given workers, where the operator leaves that open.
///
/// Eight sequences get the longest context that fits them all, if it is at least the trained one; else four, two, one.
/// More get the longest context that the policy admits, where that fits.
struct LocalCapacity: Hashable {
  let demand: KVDemand
  let plan: LayerPlan

  private static let mostSequences = 16
  private static let usualSequences = [8, 4, 2, 1]

  /// - Parameters:
  ///   - cache: has the context, where the operator gave one.
  ///   - sequences: where the operator gave a number.
  ///   - running: how many may run at once, where the operator said.
  ///   - workload: what layers are balanced for, where the operator said.
  /// - Throws: `InfeasiblePlan` when not even a short context fits, or what was given does not.
  init(
    model: ModelConfiguration, weights: WeightFootprint, cache: KVCacheOptions, sequences: Int?, running: Int? = nil,
    policy: PolicyRequest, workload: Workload? = nil, workers: [WorkerResources]
  ) throws(InfeasiblePlan) {
    var demand = cache.demand(contextLength: 1, sequenceCount: 1, policy: policy, workload: workload)
    demand.runningSequenceCount = running
    let search = Search(
      planner: LayerPlanner(configuration: model, weights: weights, demand: demand), workers: workers)
    let longest = cache.longestContext(trainedLength: model.trainedLength, policy: policy)
    let choice = search.choice(
      context: cache.context, sequences: sequences, longest: longest, wanted: min(longest, model.trainedLength))
    let planner = search.planner(context: choice.context, sequences: choice.sequences)
    self.demand = planner.demand
    plan = try planner.plan(workers: workers)
  }

  private struct Search {
    let planner: LayerPlanner
    let workers: [WorkerResources]

    func planner(context: Int, sequences: Int) -> LayerPlanner {
      var planner = planner
      (planner.demand.contextLength, planner.demand.sequenceCount) = (context, sequences)
      return planner
    }

    func choice(context: Int?, sequences: Int?, longest: Int, wanted: Int) -> (context: Int, sequences: Int) {
      switch (context, sequences) {
      case (let context?, let sequences?): return (context, sequences)
      case (let context?, nil):
        let counts = [LocalCapacity.mostSequences] + LocalCapacity.usualSequences
        return (context, counts.first { fits(context, $0) } ?? 1)
      case (nil, let sequences?): return (longestFitting(longest, sequences) ?? wanted, sequences)
      case (nil, nil): break
      }
      if fits(longest, LocalCapacity.mostSequences) { return (longest, LocalCapacity.mostSequences) }
      for count in LocalCapacity.usualSequences {
        guard let fitting = longestFitting(longest, count), fitting >= wanted || count == 1 else { continue }
        return (fitting, count)
      }
      return (wanted, 1)
    }

    private func fits(_ context: Int, _ sequences: Int) -> Bool {
      planner(context: context, sequences: sequences).fits(workers)
    }

    /// The longest context, in whole pages where it is not the longest of all; nil when no page fits.
    private func longestFitting(_ longest: Int, _ sequences: Int) -> Int? {
      guard !fits(longest, sequences) else { return longest }
      var (fitting, failing) = (0, (longest + Limits.pageSize - 1) / Limits.pageSize)
      while failing - fitting > 1 {
        let middle = fitting + (failing - fitting) / 2
        if fits(middle * Limits.pageSize, sequences) { fitting = middle } else { failing = middle }
      }
      return fitting == 0 ? nil : fitting * Limits.pageSize
    }
  }
}
