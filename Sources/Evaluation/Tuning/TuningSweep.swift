package import Inference

/// Decides what a sweep over policies measures next, and what its measurements mean. Pure: it is told results and time.
///
/// Work goes in rounds. A round gives every candidate left the same block of samples: windows of text and questions
/// after hidden numbers. After a round, candidates that are worse beyond doubt are dropped, so that the budget goes to
/// those that are hard to tell apart.
package struct TuningSweep: Sendable {
  package struct Limits: Hashable, Sendable {
    /// Blocks there are samples for.
    package var blockCount: Int
    /// Requests all together; nil for no limit.
    package var requestCount: Int?
    /// Seconds; nil for no limit. With it, how far the sweep gets depends on the machine.
    package var seconds: Double?
    package init(blockCount: Int, requestCount: Int? = nil, seconds: Double? = nil) {
      (self.blockCount, self.requestCount, self.seconds) = (blockCount, requestCount, seconds)
    }
  }

  /// One candidate's share of a round.
  package struct Work: Hashable, Sendable {
    package let candidate: Int
    package let block: Int
  }

  package struct Candidate: Hashable, Sendable {
    package let policy: SelfExtendPolicy
    /// Mean loss of each window of whole rounds, nats.
    package fileprivate(set) var losses: [Double] = []
    /// 1 for each question of whole rounds answered, 0 for others.
    package fileprivate(set) var finds: [Double] = []
    /// Of the round that is running. A round that the budget cuts off is left out, so that all have the same samples.
    fileprivate var pendingLosses: [Double] = []
    fileprivate var pendingFinds: [Double] = []
    /// The round after which it was dropped; nil while it is in.
    package fileprivate(set) var droppedAfter: Int?
  }

  package private(set) var candidates: [Candidate]
  private let limits: Limits
  private var block = 0
  private var next = 0
  private var requestCount = 0
  private var largestWork = 0

  /// Beyond doubt.
  static let sureErrors = 3.0
  /// Questions needed before a candidate is dropped for its answers, and windows for its losses.
  static let leastSamples = 6

  package init(candidates: [SelfExtendPolicy], limits: Limits) {
    self.candidates = candidates.map { Candidate(policy: $0) }
    self.limits = limits
  }

  package var isEnded: Bool { block >= limits.blockCount }
  /// Rounds that are whole.
  package var roundCount: Int { block }
  package var remainingCount: Int { candidates.count { $0.droppedAfter == nil } }

  /// How much is done, 0...1, by whichever limit is nearest.
  package func progress(elapsed: Double) -> Double {
    let rounds = Double(block) + Double(next) / Double(max(1, candidates.count))
    return min(
      1,
      max(
        rounds / Double(max(1, limits.blockCount)),
        limits.seconds.map { elapsed / $0 } ?? 0,
        limits.requestCount.map { Double(requestCount) / Double($0) } ?? 0))
  }

  /// What to measure now; nil when the sweep is over.
  /// - Parameter elapsed: seconds since the sweep's start.
  package mutating func nextWork(elapsed: Double) -> Work? {
    guard !isEnded else { return nil }
    // The first round always ends: less says nothing.
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

  /// Takes the samples of `work`, which must be what `nextWork` gave last.
  package mutating func record(_ work: Work, losses: [Double], finds: [Bool]) {
    precondition(work == Work(candidate: next, block: block), "work is recorded in the order it was given")
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
      if Self.isBeyondDoubt(leader, betterThan: candidates[index]) { candidates[index].droppedAfter = block }
    }
  }

  private static func isBeyondDoubt(_ leader: Candidate, betterThan other: Candidate) -> Bool {
    let finds = PairedComparison(leader.finds, other.finds)
    let losses = PairedComparison(other.losses, leader.losses)
    let isWorseAtFinding = finds.difference.sampleCount >= leastSamples && finds.isLarger(by: sureErrors)
    let isWorseAtPredicting = losses.difference.sampleCount >= leastSamples && losses.isLarger(by: sureErrors)
    // Worse at predicting alone does not drop what finds more.
    return isWorseAtFinding || (isWorseAtPredicting && finds.difference.mean >= 0)
  }
}
