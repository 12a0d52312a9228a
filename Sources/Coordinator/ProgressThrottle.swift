import Core

/// Which of the workers' reports of loading are worth a line in the log: the first of every worker and plan, and from
/// then on one every five seconds.
struct ProgressThrottle {
  private static let interval = Duration.seconds(5)

  private var epoch: PlanEpoch?
  /// By worker, when a report was last told.
  private var told: [String: Duration] = [:]

  /// - Parameters:
  ///   - epoch: of the plan that is being rolled out; another forgets the one before.
  ///   - now: of the clock that all calls go by.
  mutating func isToBeTold(_ worker: String, _ epoch: PlanEpoch, now: Duration) -> Bool {
    if epoch != self.epoch { (self.epoch, told) = (epoch, [:]) }
    if let last = told[worker], now - last < Self.interval { return false }
    told[worker] = now
    return true
  }
}
