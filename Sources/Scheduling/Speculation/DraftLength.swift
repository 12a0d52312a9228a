/// How many guessed tokens of a sequence are worth verifying, by how many were right.
///
/// Of k guessed tokens those before the first wrong one count, and each costs its share of a step. So the best k
/// follows from the share that was right lately and the price of a token. Where that is none, one token is tried now
/// and then: an answer may begin to quote.
///
/// A value: the same notes give the same choices. Tokens never depend on it.
struct DraftLength: Sendable {
  static let most = 8
  /// What a step must gain.
  private static let leastGain = 1.02
  /// Weights are read for one row as for several, but nothing is free: also where rows seem to cost nothing.
  private static let leastPrice = 0.08
  /// Of a token: above it nothing is tried.
  private static let highestPrice = 0.6
  private static let patience = 16
  private static let fading = 0.9

  /// Tokens that could have been right, those in a row with right ones before them, and those that were. Half of what
  /// has not been seen yet is taken to be right.
  private var tried = 1.0
  private var right = 0.5
  private var passedCount = 0

  /// - Parameters:
  ///   - drafted: guessed tokens that a step verified, at least 1.
  ///   - accepted: those before the first wrong one.
  mutating func note(drafted: Int, accepted: Int) {
    tried = tried * Self.fading + Double(min(drafted, accepted + 1))
    right = right * Self.fading + Double(accepted)
  }

  /// - Parameter price: of one more row, as a share of what a step takes for each of its sequences.
  mutating func tokenCount(price: Double) -> Int {
    let price = max(price, Self.leastPrice)
    let share = right / tried
    var (best, bestGain, expected, chance) = (0, Self.leastGain, 1.0, 1.0)
    for count in 1...Self.most {
      chance *= share
      expected += chance
      let gain = expected / (1 + Double(count) * price)
      if gain > bestGain { (best, bestGain) = (count, gain) }
    }
    guard best == 0, price < Self.highestPrice else { return best }
    passedCount += 1
    guard passedCount >= Self.patience else { return 0 }
    passedCount = 0
    return 1
  }
}
