import Core

/// Numbers for metrics and status, all of one moment.
package struct SchedulerCounts: Hashable, Sendable {
  package let waitingCount: Int
  /// Sequences that hold pages, cancelled ones whose steps are still in flight included.
  package let runningCount: Int
  package let decodingCount: Int
  package let stepsInFlightCount: Int
  package let freePageCount: Int
  package let usedPageCount: Int
}

extension Scheduler {
  package var counts: SchedulerCounts {
    SchedulerCounts(
      waitingCount: waiting.count, runningCount: sequences.count,
      decodingCount: sequences.all.count { $0.isDecoding }, stepsInFlightCount: steps.count,
      freePageCount: sequences.pages.freeCount, usedPageCount: sequences.pages.usedCount)
  }

  /// Nothing waits, runs, is in flight or is yet to be released.
  package var isIdle: Bool {
    waiting.isEmpty && sequences.isEmpty && steps.isEmpty && sequences.unreleased.isEmpty && !clearsStages
  }

  /// How long the head of the waiting line has waited; nil when the line is empty.
  package func longestWait(now: Duration) -> Duration? { waiting.first.map { now - $0.since } }

  /// Recounts all pages (O(pages)); true at any moment. Throws `PageLeak` when they do not add up.
  package func checkIntegrity() throws(PageLeak) { try sequences.checkIntegrity() }
}
