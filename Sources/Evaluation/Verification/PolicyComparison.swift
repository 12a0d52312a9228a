package import Core

/// Policies measured on the same windows and questions of one length: which reads it best, and how sure that is.
package struct PolicyComparison: Hashable, Sendable {
  /// Tokens of each window and of each question with its answer.
  package let length: Int
  package let ranking: TuningRanking

  package init(length: Int, ranking: TuningRanking) { (self.length, self.ranking) = (length, ranking) }

  /// The first in rank; nil when nothing was measured.
  package var winner: TuningRanking.Entry? { ranking.ranked.first }

  /// Whether the winner leads all others by more than the error, on enough windows.
  package var isSure: Bool { ranking.recommendation(automatic: nil)?.isSure ?? false }

  /// What won and how sure that is.
  package var sentences: [String] {
    guard let winner, ranking.ranked.count > 1 else { return [] }
    return [headline(winner)]
      + (ranking.retrievalCounts ? [] : ["No policy found any number, so perplexity alone decides."])
  }

  private func headline(_ winner: TuningRanking.Entry) -> String {
    let name = Self.name(winner.policy)
    let place = "\(ranking.ranked.count) policies at \(Verdict.tokens(length))"
    if isSure { return "\(name) is the best of \(place) (95 % confidence against each)." }
    let ties = ranking.ranked.filter(\.isTied)
    guard !ties.isEmpty else {
      return "\(name) leads \(place), measured too little to be sure: give more --windows and --trials."
    }
    return "\(name) leads \(place), but is not surely better than \(ties.map { Self.name($0.policy) }.listed): the "
      + "differences are within the error (95 %)."
  }

  /// The heads of `rows`.
  package static let head = [
    "policy", "", "found", "perplexity", "loss above the best (95 %)", "found alone, it : best",
  ]

  /// The policies from best to worst, side by side, as text.
  package var rows: [[String]] {
    ranking.ranked.enumerated().map { place, entry in
      let found = entry.retrieval
      let result = place == 0 ? (isSure ? "best" : "leads") : entry.isTied ? "not surely worse" : "worse"
      return [
        Self.name(entry.policy), result, found.trialCount > 0 ? "\(found.successCount)/\(found.trialCount)" : "–",
        entry.perplexity.text,
      ] + (place == 0 ? ["", ""] : [Self.loss(entry), Self.finds(entry)])
    }
  }

  private static func loss(_ entry: TuningRanking.Entry) -> String {
    let mean = Decimals.text(entry.lossAboveWinner.mean, places: 3)
    guard let interval = entry.lossInterval else { return mean }
    let (low, high) = (interval.lowerBound, interval.upperBound)
    return "\(mean) (\(Decimals.text(low, places: 3)) to \(Decimals.text(high, places: 3)))"
  }

  private static func finds(_ entry: TuningRanking.Entry) -> String {
    let finds = entry.findsAgainstWinner
    return "\(finds.secondAlone) : \(finds.firstAlone) (p = \(Decimals.text(finds.chance, places: 3)))"
  }

  /// A policy by its method's title and as `--policy` takes it.
  package static func name(_ policy: PositionPolicy) -> String {
    policy.groups ? "\(policy.method.title) (\(policy.name))" : "plain attention"
  }
}

extension [String] {
  /// `a`, `a or b`, `a, b or c`.
  fileprivate var listed: String {
    count < 2 ? joined() : "\(dropLast().joined(separator: ", ")) or \(self[count - 1])"
  }
}
