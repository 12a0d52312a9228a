import Core
import Synchronization

/// Counts the bytes of one stage's weights as they are verified, and says when that is worth a line in the log. Any
/// thread.
package final class FetchProgress: Sendable {
  private static let interval = Duration.seconds(5)

  private struct Counts {
    var done = 0
    var fetched = 0
    var fetchedFromWorkers = 0
    var lastReport: ContinuousClock.Instant?
  }

  private let total: Int
  private let counts = Mutex(Counts())
  private let started = ContinuousClock.now

  package init(total: Int) { self.total = max(1, total) }

  /// Returns the fraction that is done, the manifest's part counted as 1 %.
  package func add(_ byteCount: Int) -> Double {
    let done = counts.withLock { counts in
      counts.done += byteCount
      return counts.done
    }
    return 0.01 + 0.99 * min(1, Double(done) / Double(total))
  }

  /// A line for the log after another block has come; nil most of the time.
  package func note(of byteCount: Int, from origin: Fetcher.Origin) -> String? {
    guard origin != .store else { return nil }
    return counts.withLock { counts in
      counts.fetched += byteCount
      if origin == .worker { counts.fetchedFromWorkers += byteCount }
      let now = ContinuousClock.now
      guard counts.lastReport.map({ now - $0 >= Self.interval }) ?? true else { return nil }
      counts.lastReport = now
      return "fetching weights: \(counts.done) of \(total) bytes are here"
    }
  }

  /// What was fetched, for the log; nil when nothing was missing.
  package var summary: String? {
    let counts = counts.withLock { $0 }
    guard counts.fetched > 0 else { return nil }
    let seconds = (ContinuousClock.now - started).inSeconds
    return "fetched \(counts.fetched) of \(total) bytes of weights in \((seconds * 10).rounded() / 10) s, "
      + "\(counts.fetchedFromWorkers) of them from workers"
  }
}
