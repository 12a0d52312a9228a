import CPlatform

/// How often work can be repeated in the long run: the best of several windows of time.
///
/// A window is long enough that a quota of processor time, which the kernel grants in periods of 100 ms, counts in
/// full. Whatever else runs meanwhile only makes a window slower, so the best one counts.
package struct SteadyRate: Hashable, Sendable {
  /// Windows that are measured, after one run that is not.
  package var windowCount = 3
  /// Nanoseconds of a window, at least.
  package var window: Int64 = 300_000_000
  /// Nanoseconds after which no window begins, however few there were.
  package var limit: Int64 = 3_000_000_000

  package init() {}

  /// Runs a window at most, so that a clock that stands still ends it.
  private static let mostRuns = 1 << 20

  /// Runs a second; less than that, or 0, where it was stopped.
  /// - Parameters:
  ///   - now: nanoseconds of a clock that never goes back.
  ///   - isStopped: asked before every run; true ends the measurement.
  ///   - work: what is repeated.
  package func measure(
    now: () -> Int64 = { lh_monotonic_nanoseconds() }, isStopped: () -> Bool = { false }, _ work: () -> Void
  ) -> Double {
    guard !isStopped() else { return 0 }
    let start = now()
    work()
    var best = 0.0
    for index in 0..<windowCount where !isStopped() {
      let begin = now()
      guard index == 0 || begin - start < limit else { break }
      var (runs, elapsed) = (0, Int64(0))
      repeat {
        work()
        runs += 1
        elapsed = now() - begin
      } while elapsed < window && runs < Self.mostRuns && !isStopped()
      best = max(best, Double(runs) / Double(max(elapsed, 1)) * 1e9)
    }
    return best
  }
}
