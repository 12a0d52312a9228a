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
      waitingCount: waiting.count, runningCount: active.count,
      decodingCount: active.values.count { $0.isDecoding },
      stepsInFlightCount: inFlight.count, freePageCount: pages.freeCount, usedPageCount: pages.usedCount)
  }

  /// Nothing waits, runs, is in flight or is yet to be released.
  package var isIdle: Bool {
    waiting.isEmpty && active.isEmpty && inFlight.isEmpty && pendingReleases.isEmpty && !clearsStages
  }

  /// How long the head of the waiting line has waited; nil when the line is empty.
  package func longestWait(now: Duration) -> Duration? { waiting.first.map { now - $0.since } }

  /// Recounts all pages: free + used = total, and what is used is what running sequences hold. Meant for
  /// every moment the scheduler is idle (O(pages)); true at any other, too.
  package func checkIntegrity() throws(PageLeak) {
    try pages.checkIntegrity()
    let held = active.values.reduce(0) { $0 + $1.pages.count + $1.neighborPages.count }
    guard held == pages.usedCount else {
      throw PageLeak(freeCount: pages.freeCount, usedCount: held, pageCount: pages.pageCount)
    }
  }
}
