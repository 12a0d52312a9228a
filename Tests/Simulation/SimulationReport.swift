import Scheduling

/// What a run saw.
package struct SimulationReport: Sendable, CustomStringConvertible {
  /// Deliveries, timers, computations and faults.
  package var events = 0
  package var requests = 0
  package var tokens = 0
  package var plans = 0
  package var faults = 0
  /// Requests whose client went away.
  package var abandoned = 0
  /// How often a worker could not hold its stage.
  package var excludedWorkers = 0
  /// Requests that were taken for the cause why plans end, and how often one that is was at work.
  package var blamed = 0
  package var poisonings = 0
  /// Steps that a stage could not compute.
  package var failedSteps = 0
  /// Tokens of running sequences that nobody, some stages and all stages read again after a loss.
  package var keptSequences = 0
  package var replayedTokens = 0
  package var rereadTokens = 0
  /// Prompt tokens that were not computed because their pages were cached.
  package var cachedTokens = 0
  /// Tokens that were drafted, and those of them that were sampled.
  package var draftedTokens = 0
  package var acceptedTokens = 0
  /// How often a request's pages were given to another.
  package var preemptions = 0

  package init() {}

  package var description: String {
    "\(events) events, \(requests) requests (\(abandoned) abandoned), \(tokens) tokens, \(plans) plans, "
      + "\(faults) faults, \(excludedWorkers) workers unfit, \(failedSteps) failed steps, "
      + "after losses \(keptSequences) sequences kept, "
      + "\(replayedTokens) tokens replayed, \(rereadTokens) read again; "
      + "\(cachedTokens) tokens cached, \(acceptedTokens) of \(draftedTokens) drafted ones sampled, "
      + "\(preemptions) preemptions"
  }

  package mutating func add(_ other: SimulationReport) {
    events += other.events
    requests += other.requests
    tokens += other.tokens
    plans += other.plans
    faults += other.faults
    excludedWorkers += other.excludedWorkers
    abandoned += other.abandoned
    blamed += other.blamed
    poisonings += other.poisonings
    failedSteps += other.failedSteps
    keptSequences += other.keptSequences
    replayedTokens += other.replayedTokens
    rereadTokens += other.rereadTokens
    cachedTokens += other.cachedTokens
    draftedTokens += other.draftedTokens
    acceptedTokens += other.acceptedTokens
    preemptions += other.preemptions
  }

  mutating func add(_ recovery: RecoveryReport?) {
    guard let recovery else { return }
    keptSequences += recovery.keptSequenceCount
    replayedTokens += recovery.replayedTokenCount
    rereadTokens += recovery.rereadTokenCount
  }
}
