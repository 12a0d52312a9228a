import Core

/// Lowers the logits of tokens that would carry on a repetition (`DryParameters` says by how much).
///
/// How long the text's end stood before each earlier token is the Z-function of the reversed text, in linear time. The
/// powers are products in double precision, so that no library's `pow` has a say in them.
struct DryPenalty {
  /// Of the reversed text: how many tokens from each place on equal those from the start on.
  private var matches: [Int] = []
  private var lengths: [TokenID: Int] = [:]
  /// Beyond it no power grows: logits stay finite.
  private static let greatestPower = 1e30

  /// - Parameter text: prompt and answer so far.
  mutating func apply(
    _ parameters: DryParameters, text: ArraySlice<TokenID>, to logits: UnsafeMutableBufferPointer<Float>
  ) {
    let searched = text.suffix(parameters.lookback ?? .max)
    let reach = Self.reach(searched, parameters)
    guard searched.count > parameters.allowedLength, reach >= parameters.allowedLength else { return }
    searched.withUnsafeBufferPointer { measure($0) }
    lengths.removeAll(keepingCapacity: true)
    for (place, token) in searched.dropFirst().enumerated() {
      // The tokens before this one, read backward, begin so many places into the reversed text.
      let length = min(matches[searched.count - 1 - place], reach)
      guard length >= parameters.allowedLength, length >= lengths[token, default: 0] else { continue }
      lengths[token] = length
    }
    for (token, length) in lengths where Int(token) < logits.count && !Self.isBreaker(token, parameters) {
      let power = Self.power(parameters.base, length - parameters.allowedLength)
      logits[Int(token)] = Float(Double(logits[Int(token)]) - Double(parameters.multiplier) * power)
    }
  }

  /// How many tokens at the end a repetition may have: those after the last breaker.
  private static func reach(_ text: ArraySlice<TokenID>, _ parameters: DryParameters) -> Int {
    for behind in 0..<text.count {
      let rest = text.suffix(behind + 1)
      guard let first = rest.first else { continue }
      // Of the breakers that begin at one place the longest counts.
      if let longest = longestPhrase(rest, parameters.breakerPhrases) { return behind + 1 - longest }
      if isBreaker(first, parameters) { return behind }
    }
    return text.count
  }

  /// How many tokens the longest of ascending phrases has that the text begins with. The phrases that go on as the text
  /// does lie side by side, fewer with each token.
  private static func longestPhrase(_ text: ArraySlice<TokenID>, _ phrases: [[TokenID]]) -> Int? {
    var (low, high) = (0, phrases.count)
    var longest: Int?
    for (depth, token) in text.prefix(DryParameters.Bounds.phraseLength.upperBound).enumerated() {
      low = firstIndex(low..<high) { phrases[$0].count > depth && phrases[$0][depth] >= token }
      high = firstIndex(low..<high) { phrases[$0][depth] > token }
      guard low < high else { break }
      // The shortest comes first.
      if phrases[low].count == depth + 1 { longest = depth + 1 }
    }
    return longest
  }

  private static func isBreaker(_ token: TokenID, _ parameters: DryParameters) -> Bool {
    let breakers = parameters.breakers
    let place = firstIndex(breakers.indices) { breakers[$0] >= token }
    return place < breakers.count && breakers[place] == token
  }

  /// The first index for which a condition holds that holds for all after it, too; the end where there is none.
  private static func firstIndex(_ range: Range<Int>, where holds: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func measure(_ text: UnsafeBufferPointer<TokenID>) {
    let count = text.count
    matches.removeAll(keepingCapacity: true)
    matches.append(contentsOf: repeatElement(0, count: count))
    // The match that reaches furthest covers [start, end).
    var (start, end) = (0, 0)
    for place in 1..<max(1, count) {
      var length = place < end ? min(end - place, matches[place - start]) : 0
      while place + length < count, text[count - 1 - length] == text[count - 1 - place - length] { length += 1 }
      matches[place] = length
      if place + length > end { (start, end) = (place, place + length) }
    }
  }

  private static func power(_ base: Float, _ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<exponent {
      power *= Double(base)
      if power >= greatestPower { return greatestPower }
      if base == 1 { return 1 }
    }
    return power
  }
}
