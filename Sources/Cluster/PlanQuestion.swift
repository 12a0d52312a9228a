import Core

/// A search for a plan, as a value. Searching takes time, so the owner of `ClusterControl` runs it on another thread,
/// without a lock, and returns the answer as `ClusterEvent.planned`.
package struct PlanQuestion: Hashable, Sendable {
  /// Counts questions up. The control drops an answer whose version is not that of its last question.
  package let version: UInt64
  /// The model's costs and the demand.
  let planner: LayerPlanner
  /// As many workers as the cluster needs, in stage order.
  let preferred: [WorkerResources]
  /// Layers that the preferred workers have from the last plan, one range each; empty where any has none.
  let kept: [LayerRange]
  /// Every worker, in stage order: tried when the preferred workers cannot hold the model.
  let all: [WorkerResources]

  /// Whether both questions have the same answer.
  func isSame(as other: PlanQuestion?) -> Bool {
    guard let other else { return false }
    return preferred == other.preferred && kept == other.kept && all == other.all && planner == other.planner
  }

  /// Searches. Pure; the cost grows with workers × layers², and more where no plan fits and remedies are searched.
  package func answer() -> PlanAnswer {
    do throws(InfeasiblePlan) {
      return PlanAnswer(version: version, result: .success(try plan(over: preferred, keeping: kept)))
    } catch {
      guard all.count > preferred.count else { return PlanAnswer(version: version, result: .failure(error)) }
    }
    do throws(InfeasiblePlan) {
      return PlanAnswer(version: version, result: .success(try plan(over: all)))
    } catch {
      return PlanAnswer(version: version, result: .failure(error))
    }
  }

  private func plan(
    over workers: [WorkerResources], keeping kept: [LayerRange] = []
  ) throws(InfeasiblePlan) -> ProposedPlan {
    ProposedPlan(layers: try planner.plan(workers: workers, keeping: kept), offered: Set(workers.map(\.name)))
  }
}

/// The result of a search: a plan, or why none fits.
package struct PlanAnswer: Hashable, Sendable {
  /// The question's version.
  package let version: UInt64
  let result: Result<ProposedPlan, InfeasiblePlan>
}

/// A plan with every worker that it was made over, including those without a stage.
struct ProposedPlan: Hashable, Sendable {
  let layers: LayerPlan
  let offered: Set<String>
}
