import Core

/// Which reports of loading are logged: the first of every worker and plan, then one every five seconds.
struct ProgressThrottle {
  private static let interval = Duration.seconds(5)

  private var epoch: PlanEpoch?
  /// By worker, when a report was last logged.
  private var logged: [String: Duration] = [:]

  /// - Parameters:
  ///   - epoch: the plan that is rolled out; another plan starts again.
  ///   - now: since any fixed start.
  mutating func isDue(_ worker: String, _ epoch: PlanEpoch, now: Duration) -> Bool {
    if epoch != self.epoch { (self.epoch, logged) = (epoch, [:]) }
    if let last = logged[worker], now - last < Self.interval { return false }
    logged[worker] = now
    return true
  }
}
