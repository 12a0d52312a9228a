package import Core

/// Candidates from best to worst, with statistical ties with the best.
///
/// Retrieval comes first: a candidate that finds fewer numbers than the best, by more than two standard errors of the
/// paired difference (more for few samples), ranks behind the others. Among these the lower loss wins. Ties are
/// candidates whose loss is within that bound of the winner's.
package struct TuningRanking: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let policy: PositionPolicy
    package let perplexity: PerplexityEstimate
    package let retrieval: ShareEstimate
    /// Mean loss above the winner's in nats, on common windows; 0 for the winner.
    package let lossAboveWinner: MeanEstimate
    /// Where that mean is with 95 % confidence; nil for fewer than two windows.
    package let lossInterval: ClosedRange<Double>?
    /// The winner's finds and this policy's, on common questions.
    package let findsAgainstWinner: PairedFinds
    package let isTied: Bool
    package let wasDroppedAfter: Int?
  }

  package let ranked: [Entry]
  /// Whether retrieval counts: some candidate found some number.
  package let retrievalCounts: Bool

  private static let errors = 2.0

  package init(_ candidates: [TuningSweep.Candidate]) {
    let measured = candidates.filter { !$0.losses.isEmpty || !$0.finds.isEmpty }
    retrievalCounts = measured.contains { $0.finds.contains(1) }
    func share(_ candidate: TuningSweep.Candidate) -> Double { MeanEstimate(candidate.finds).mean }
    func loss(_ candidate: TuningSweep.Candidate) -> Double { MeanEstimate(candidate.losses).mean }
    // Remaining candidates have the most samples; dropped ones cannot lead.
    let finder = measured.filter { $0.droppedAfter == nil }.max { share($0) < share($1) }
    let contends = measured.map { candidate in
      candidate.droppedAfter == nil
        && !(finder.map { PairedComparison($0.finds, candidate.finds).isLarger(by: Self.errors) } ?? false)
    }
    let order = measured.indices.sorted { first, second in
      guard contends[first] == contends[second] else { return contends[first] }
      let (a, b) = (measured[first], measured[second])
      if !contends[first], share(a) != share(b), !share(a).isNaN { return share(a) > share(b) }
      guard loss(a) != loss(b), !loss(a).isNaN else { return first < second }
      return loss(a) < loss(b)
    }
    guard let winner = order.first.map({ measured[$0] }) else {
      ranked = []
      return
    }
    ranked = order.map { index in
      let candidate = measured[index]
      let losses = PairedComparison(candidate.losses, winner.losses)
      return Entry(
        policy: candidate.policy,
        perplexity: PerplexityEstimate(windowLosses: candidate.losses),
        retrieval: ShareEstimate(candidate.finds.map { $0 == 1 }),
        lossAboveWinner: losses.difference, lossInterval: losses.interval,
        findsAgainstWinner: PairedFinds(winner.finds, candidate.finds),
        isTied: candidate.policy != winner.policy && contends[index] && !losses.isLarger(by: Self.errors),
        wasDroppedAfter: candidate.droppedAfter)
    }
  }

  /// The policy to use: the automatic one if it wins or ties, since that needs no setting; else the winner.
  package func recommendation(automatic: PositionPolicy?) -> TuningRecommendation? {
    guard let winner = ranked.first else { return nil }
    let ties = ranked.filter(\.isTied)
    let automaticIsAsGood = winner.policy == automatic || ties.contains { $0.policy == automatic }
    let policy = automaticIsAsGood ? automatic ?? winner.policy : winner.policy
    return TuningRecommendation(
      policy: policy, isAutomatic: automaticIsAsGood, winner: winner.policy, ties: ties.map(\.policy),
      isSure: ties.isEmpty && ranked.count > 1 && winner.perplexity.windowLosses.count >= TuningSweep.leastSamples)
  }
}

/// The recommendation of a sweep, and its certainty.
package struct TuningRecommendation: Hashable, Sendable {
  package let policy: PositionPolicy
  /// Whether this is the automatic policy.
  package let isAutomatic: Bool
  /// The first in rank.
  package let winner: PositionPolicy
  /// Statistical ties with the winner.
  package let ties: [PositionPolicy]
  /// Whether the winner leads all others by more than two standard errors, on enough windows.
  package let isSure: Bool

  package var sentences: [String] {
    var sentences = [
      isAutomatic
        ? "Use the automatic policy, \(policy.name); no setting is needed."
        : "Use \(policy.phrase): --policy \(policy.name)."
    ]
    if isSure {
      sentences.append("It is better than all others (95 % confidence).")
    } else if ties.isEmpty {
      sentences.append("There are too few measurements for a confident ranking.")
    } else {
      let others = ([winner] + ties).filter { $0 != policy }.map(\.name).joined(separator: ", ")
      sentences.append("It ties with \(others): the differences are not significant (95 % confidence).")
    }
    return sentences
  }
}
