package import Inference

/// Candidates from best to worst, and what cannot be told apart from the best.
///
/// Finding comes first: a candidate that answers fewer questions than the best, by more than two standard errors of the
/// paired difference (more where samples are few), ranks behind all that do not. Among the rest the lower loss wins.
/// Ties are those whose loss is within as much of the winner's.
package struct TuningRanking: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let policy: SelfExtendPolicy
    package let perplexity: PerplexityEstimate
    package let retrieval: ShareEstimate
    /// Mean loss above the winner's in nats, on the windows both have; 0 for the winner.
    package let lossAboveWinner: MeanEstimate
    /// Share of questions found below the winner's, on those both have.
    package let findsBelowWinner: MeanEstimate
    package let isTied: Bool
    package let wasDroppedAfter: Int?
  }

  package let ranked: [Entry]
  /// Whether questions after hidden numbers could tell anything: some candidate found some.
  package let retrievalSays: Bool

  private static let errors = 2.0

  package init(_ candidates: [TuningSweep.Candidate]) {
    let measured = candidates.filter { !$0.losses.isEmpty || !$0.finds.isEmpty }
    retrievalSays = measured.contains { $0.finds.contains(1) }
    func share(_ candidate: TuningSweep.Candidate) -> Double { MeanEstimate(candidate.finds).mean }
    func loss(_ candidate: TuningSweep.Candidate) -> Double { MeanEstimate(candidate.losses).mean }
    // Those still in have the most samples; what was dropped cannot lead.
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
      let finds = PairedComparison(winner.finds, candidate.finds)
      return Entry(
        policy: candidate.policy,
        perplexity: PerplexityEstimate(windowLosses: candidate.losses),
        retrieval: ShareEstimate(candidate.finds.map { $0 == 1 }),
        lossAboveWinner: losses.difference, findsBelowWinner: finds.difference,
        isTied: candidate.policy != winner.policy && contends[index] && !losses.isLarger(by: Self.errors),
        wasDroppedAfter: candidate.droppedAfter)
    }
  }

  /// The policy to use: the automatic one where it wins or ties, since then nothing need be set; else the winner.
  package func recommendation(automatic: SelfExtendPolicy?) -> TuningRecommendation? {
    guard let winner = ranked.first else { return nil }
    let ties = ranked.filter(\.isTied)
    let automaticIsAsGood = winner.policy == automatic || ties.contains { $0.policy == automatic }
    let policy = automaticIsAsGood ? automatic ?? winner.policy : winner.policy
    return TuningRecommendation(
      policy: policy, isAutomatic: automaticIsAsGood, winner: winner.policy, ties: ties.map(\.policy),
      isSure: ties.isEmpty && ranked.count > 1 && winner.perplexity.windowLosses.count >= TuningSweep.leastSamples)
  }
}

/// What a sweep advises, and how sure it is.
package struct TuningRecommendation: Hashable, Sendable {
  package let policy: SelfExtendPolicy
  /// Whether that is what is chosen automatically anyway.
  package let isAutomatic: Bool
  /// The best by the numbers.
  package let winner: SelfExtendPolicy
  /// What cannot be told apart from the winner.
  package let ties: [SelfExtendPolicy]
  /// Whether the winner is ahead of all others by more than two standard errors, on enough windows.
  package let isSure: Bool

  package var sentences: [String] {
    func name(_ policy: SelfExtendPolicy) -> String { "\(policy.groupSize)x\(policy.neighborWindow)" }
    var sentences = [
      isAutomatic
        ? "Use the automatic policy, \(name(policy)): nothing need be set."
        : "Use group size \(policy.groupSize) and neighbor window \(policy.neighborWindow)."
    ]
    if isSure {
      sentences.append("It is ahead of all others by more than chance gives (95 %).")
    } else if ties.isEmpty {
      sentences.append("Too little was measured to be sure.")
    } else {
      let others = ([winner] + ties).filter { $0 != policy }.map(name).joined(separator: ", ")
      sentences.append("It cannot be told apart from \(others): the differences are within what chance gives (95 %).")
    }
    return sentences
  }
}
