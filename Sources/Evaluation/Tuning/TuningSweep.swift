package import Core

/// Decides what a sweep over policies measures next. Pure: the caller passes results and time.
///
/// Each round measures every remaining candidate on the same block of samples: text windows and retrieval questions.
/// After a round the sweep drops candidates that are clearly worse, so that the budget goes to close ones.
package struct TuningSweep: Sendable {
  package struct Limits: Hashable, Sendable {
    /// Number of blocks with samples.
    package var blockCount: Int
    /// Maximum requests; nil for no limit.
    package var requestCount: Int?
    /// Maximum seconds; nil for no limit. With a limit, the result depends on the speed of the machine.
    package var seconds: Double?
    package init(blockCount: Int, requestCount: Int? = nil, seconds: Double? = nil) {
      (self.blockCount, self.requestCount, self.seconds) = (blockCount, requestCount, seconds)
    }
  }

  /// One candidate's work in a round.
  package struct Work: Hashable, Sendable {
    package let candidate: Int
    package let block: Int
  }

  package struct Candidate: Hashable, Sendable {
    package let policy: PositionPolicy
    /// Mean loss of each window of finished rounds, in nats.
    package fileprivate(set) var losses: [Double] = []
    /// 1 for each number found in finished rounds, 0 for others.
    package fileprivate(set) var finds: [Double] = []
    /// Of the current round. A round that the budget interrupts does not count, so that all have the same samples.
    fileprivate var pendingLosses: [Double] = []
    fileprivate var pendingFinds: [Double] = []
    /// The round after which the candidate was dropped; nil while it remains.
    package fileprivate(set) var droppedAfter: Int?

    package init(policy: PositionPolicy, losses: [Double] = [], finds: [Double] = []) {
      (self.policy, self.losses, self.finds) = (policy, losses, finds)
    }
  }

  package private(set) var candidates: [Candidate]
  private let limits: Limits
  private var block = 0
  private var next = 0
  private var requestCount = 0
  private var largestWork = 0

  /// Standard errors by which a candidate is clearly worse.
  static let sureErrors = 3.0
  /// Minimum questions before retrieval drops a candidate, and minimum windows before loss does.
  static let leastSamples = 6

  package init(candidates: [PositionPolicy], limits: Limits) {
    self.candidates = candidates.map { Candidate(policy: $0) }
    self.limits = limits
  }

  package var isEnded: Bool { block >= limits.blockCount }
  /// Number of finished rounds.
  package var roundCount: Int { block }

  /// Progress from 0 to 1, by the nearest limit.
  package func progress(elapsed: Double) -> Double {
    let rounds = Double(block) + Double(next) / Double(max(1, candidates.count))
    return min(
      1,
      max(
        rounds / Double(max(1, limits.blockCount)),
        limits.seconds.map { elapsed / $0 } ?? 0,
        limits.requestCount.map { Double(requestCount) / Double($0) } ?? 0))
  }

  /// The next work; nil when the sweep is finished.
  /// - Parameter elapsed: seconds since the sweep's start.
  package mutating func nextWork(elapsed: Double) -> Work? {
    guard !isEnded else { return nil }
    // The first round always runs to its end; less is no measurement.
    if block > 0 {
      if let seconds = limits.seconds, elapsed >= seconds { return nil }
      if let most = limits.requestCount, requestCount + largestWork > most { return nil }
    }
    while next < candidates.count, candidates[next].droppedAfter != nil { next += 1 }
    guard next < candidates.count else {
      endRound()
      return nextWork(elapsed: elapsed)
    }
    return Work(candidate: next, block: block)
  }

  /// Records the samples of `work`, which must be the last result of `nextWork`.
  package mutating func record(_ work: Work, losses: [Double], finds: [Bool]) {
    precondition(
      work == Work(candidate: next, block: block), "work is recorded in another order than it was handed out")
    candidates[next].pendingLosses = losses
    candidates[next].pendingFinds = finds.map { $0 ? 1 : 0 }
    requestCount += losses.count + finds.count
    largestWork = max(largestWork, losses.count + finds.count)
    next += 1
  }

  private mutating func endRound() {
    block += 1
    next = 0
    for index in candidates.indices {
      candidates[index].losses += candidates[index].pendingLosses
      candidates[index].finds += candidates[index].pendingFinds
      (candidates[index].pendingLosses, candidates[index].pendingFinds) = ([], [])
    }
    let leading = TuningRanking(candidates.filter { $0.droppedAfter == nil }).ranked.first
    guard let leading, let leader = candidates.first(where: { $0.policy == leading.policy }) else { return }
    for index in candidates.indices where candidates[index].droppedAfter == nil {
      if Self.isClearlyWorse(candidates[index], than: leader) { candidates[index].droppedAfter = block }
    }
  }

  private static func isClearlyWorse(_ other: Candidate, than leader: Candidate) -> Bool {
    let finds = PairedComparison(leader.finds, other.finds)
    let losses = PairedComparison(other.losses, leader.losses)
    let hasWorseRetrieval = finds.difference.sampleCount >= leastSamples && finds.isLarger(by: sureErrors)
    let hasWorseLoss = losses.difference.sampleCount >= leastSamples && losses.isLarger(by: sureErrors)
    // A worse loss alone does not drop a candidate that finds more.
    return hasWorseRetrieval || (hasWorseLoss && finds.difference.mean >= 0)
  }
}
