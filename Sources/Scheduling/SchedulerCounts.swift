import Core

/// Numbers for metrics and status, all of one moment.
package struct SchedulerCounts: Hashable, Sendable {
  package let waitingCount: Int
  /// Sequences that hold pages, cancelled ones whose steps are still in flight included.
  package let runningCount: Int
  package let decodingCount: Int
  package let stepsInFlightCount: Int
  package let freePageCount: Int
  /// Pages that sequences hold.
  package let usedPageCount: Int
  /// Pages that are only kept for sequences to come.
  package let keptPageCount: Int
  /// How often a sequence's pages were given to another, since the start.
  package let preemptionCount: Int
}

extension SchedulerCounts {
  fileprivate init(_ scheduler: Scheduler) {
    let sequences = scheduler.sequences
    (waitingCount, runningCount) = (scheduler.waiting.count, sequences.count)
    decodingCount = sequences.all.count { $0.isDecoding }
    stepsInFlightCount = scheduler.steps.count
    freePageCount = sequences.pages.freeCount
    usedPageCount = sequences.pages.usedCount - sequences.pages.keptCount
    keptPageCount = sequences.pages.keptCount
    preemptionCount = sequences.preemptionCount
  }
}

extension Scheduler {
  package var counts: SchedulerCounts { SchedulerCounts(self) }

  /// Nothing waits, runs, is in flight or is yet to be released.
  package var isIdle: Bool {
    waiting.isEmpty && sequences.isEmpty && steps.isEmpty && sequences.unreleased.isEmpty && !clearsStages
  }

  package var prefixTotals: PrefixTotals { sequences.prefixTotals }

  /// Recounts all pages (O(pages)); true at any moment. Throws `PageLeak` when they do not add up.
  package func checkIntegrity() throws(PageLeak) { try sequences.checkIntegrity() }
}
