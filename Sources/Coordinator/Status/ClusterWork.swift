import Core
import Scheduling

/// What the token path does at one moment.
struct ClusterWork: Sendable {
  /// Nil before the first plan serves.
  let counts: SchedulerCounts?
  let sequences: [SequenceProgress]
  let totals: StepHistory.Totals
  let recoveries: RecoveryTotals
  let steps: [StepHistory.Step]
}

extension TokenState {
  /// - Parameter number: steps after this one are in it; nil takes none.
  func work(stepsAfter number: UInt64?) -> ClusterWork {
    ClusterWork(
      counts: scheduler?.counts, sequences: scheduler?.progress ?? [], totals: history.totals, recoveries: recoveries,
      steps: number.map { Array(history.steps(after: $0)) } ?? [])
  }
}
