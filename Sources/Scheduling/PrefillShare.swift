import Core

/// How many prompt tokens a step takes beside decodes: what makes these come round at most `latencyTarget` times as
/// slowly as they would alone, where that leaves prompts a share worth having.
///
/// A decode's token comes back when the steps before it have passed, so it waits for the prompt tokens of all steps in
/// flight. Every step of decodes that comes back tells how long that was, for how many prompt tokens. Through these a
/// line is fitted: its slope is what a token costs, its intercept what it costs that a prompt goes on at all, in steps
/// that are made for it, stages that all work at once, and processors that others need.
///
/// Fewer tokens would not make the intercept less. Where it uses up most of what decodes bear, one token a step would
/// starve the prompt and hardly help decodes. So tokens may take half of what decodes would bear if the intercept were
/// part of what they take alone; as far as it is above that it does not count. The bound and the prompt's rate are then
/// missed by about the same factor.
///
/// What is older counts less, since attention makes a token dearer at a greater depth. Nothing else has to be known:
/// not what layers, attention, weights or the network take.
///
/// A value: the same notes give the same choices. Tokens never depend on it.
struct PrefillShare {
  /// Where nothing was measured yet, and by how much a share grows from one measured step to the next at most.
  static let firstTokenCount = 8
  private static let growth = 2.0
  /// How much the notes' weights shrink with each that follows.
  private static let fading = 0.95
  /// What prompts get in any case, of what decodes would bear if the intercept counted as theirs.
  private static let leastShare = 0.5
  /// How many times as many tokens that must be as are within the bound.
  private static let leastGain = 1.3
  /// Where prompts get that, the line's slope decides: counts alternate, so that it is known.
  private static let (more, fewer) = (1.15, 0.8)
  /// Beside decodes a token may be cheaper than alone, where weights are read for both; never by more than this. Nor is
  /// less than this share of the delay the tokens' own.
  private static let leastShareOfPrice = 0.25
  private static let leastShareOfDelay = 0.35
  /// How much counts must vary, relative to their mean and squared, before the line is believed more than that tokens
  /// are the whole delay.
  private static let seedVariance = 0.01
  /// A round that took longer than so many times what was expected is noted as that: something else delayed it.
  private static let outlier = 3.0

  private var weight = 0.0
  private var tokens = 0.0
  private var delay = 0.0
  private var tokensByTokens = 0.0
  private var tokensByDelay = 0.0
  private var noteCount = 0
  private var lastTokenCount = 0.0

  /// Decodes came back.
  /// - Parameters:
  ///   - tokens: of prompts, in all steps that were in flight when the decodes were sent, theirs among them.
  ///   - stepCount: those steps.
  ///   - seconds: from their sending on.
  ///   - alone: what they would have taken without the prompt tokens.
  mutating func note(tokens count: Int, stepCount: Int, seconds: Double, alone: Double) {
    guard count > 0, seconds > 0 else { return }
    var late = max(0, seconds - alone)
    if let line = line(secondsPerToken: nil) {
      let expected = alone + line.intercept + line.price * Double(count)
      late = min(late, Self.outlier * expected - alone)
    }
    let count = Double(count)
    weight = weight * Self.fading + 1
    tokens = tokens * Self.fading + count
    delay = delay * Self.fading + late
    tokensByTokens = tokensByTokens * Self.fading + count * count
    tokensByDelay = tokensByDelay * Self.fading + count * late
    noteCount += 1
    lastTokenCount = count / Double(max(1, stepCount))
  }

  /// - Parameters:
  ///   - alone: seconds from one token of the decodes to the next without a prompt beside; nil while unknown.
  ///   - latencyTarget: how many times as long they may take, above 1.
  ///   - stepCount: steps in flight, at least 1.
  ///   - secondsPerToken: of a prompt in the slowest stage; nil while unknown.
  /// - Returns: at least 1.
  func tokenCount(alone: Double?, latencyTarget: Double, stepCount: Int, secondsPerToken: Double?) -> Int {
    guard let alone else { return Self.firstTokenCount }
    let line = line(secondsPerToken: secondsPerToken)
    guard let line = line ?? secondsPerToken.map({ Line(price: $0, intercept: 0, wholePrice: $0) }) else {
      return Self.firstTokenCount
    }
    let most = lastTokenCount > 0 ? max(Double(Self.firstTokenCount), lastTokenCount * Self.growth) : .infinity
    // Delays that are as long as may be stay so, whatever the line is.
    let within = (latencyTarget - 1) * alone / (line.wholePrice * Double(stepCount))
    let least =
      Self.leastShare * (latencyTarget - 1) * (alone + min(line.intercept, alone)) / (line.price * Double(stepCount))
    // Where tokens cost nothing growth alone bounds them.
    func bounded(_ count: Double) -> Int {
      max(1, Int(min(count.isNaN ? most : count, most, Double(Limits.maximumStepTokenCount)).rounded()))
    }
    guard least > Self.leastGain * within else { return bounded(within) }
    // Two rounds of each, so that what is in flight is of one kind.
    let isMore = noteCount / (2 * stepCount) % 2 == 0
    return bounded(isMore ? (least * Self.more).rounded(.up) : (least * Self.fewer).rounded(.down))
  }

  /// Seconds of delay by prompt tokens in flight.
  private struct Line {
    var price: Double
    var intercept: Double
    /// A token's price if tokens were the whole delay.
    var wholePrice: Double
  }

  /// Nil before the first note.
  private func line(secondsPerToken: Double?) -> Line? {
    guard weight > 0 else { return nil }
    let (meanTokens, meanDelay) = (tokens / weight, delay / weight)
    let wholePrice = meanDelay / meanTokens
    let seedVariance = Self.seedVariance * meanTokens * meanTokens
    let variance = max(0, tokensByTokens / weight - meanTokens * meanTokens)
    let covariance = tokensByDelay / weight - meanTokens * meanDelay
    let slope = (covariance + seedVariance * wholePrice) / (variance + seedVariance)
    let least = (secondsPerToken ?? 0) * Self.leastShareOfPrice
    let price = max(min(slope, wholePrice), wholePrice * Self.leastShareOfDelay, least)
    return Line(
      price: price, intercept: max(0, meanDelay - price * meanTokens), wholePrice: max(wholePrice, least))
  }
}
