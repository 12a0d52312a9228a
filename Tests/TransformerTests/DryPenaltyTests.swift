import Core
import Testing

@testable import Transformer

/// What a token that would carry on a repetition loses, by hand.
@Suite("DRY")
struct DryPenaltyTests {
  /// What each of 10 tokens loses after `text`, in units of the multiplier; base 2.
  private static func losses(
    _ text: [TokenID], _ change: (inout DryParameters) -> Void = { _ in }
  ) -> [TokenID: Float] {
    var parameters = DryParameters()
    (parameters.multiplier, parameters.base) = (1, 2)
    change(&parameters)
    var logits = [Float](repeating: 0, count: 10)
    var penalty = DryPenalty()
    logits.withUnsafeMutableBufferPointer { penalty.apply(parameters, text: text[...], to: $0) }
    return logits.enumerated().reduce(into: [:]) { losses, logit in
      if logit.element != 0 { losses[TokenID(logit.offset)] = -logit.element }
    }
  }

  @Test("a token loses base to the power of what its repetition has beyond the allowed length")
  func lengths() {
    #expect(Self.losses([1, 2, 3, 4, 2]) == [:])
    #expect(Self.losses([1, 2, 3, 4, 1, 2]) == [3: 1])
    #expect(Self.losses([9, 1, 2, 3, 4, 9, 1, 2]) == [3: 2])
    #expect(Self.losses([8, 9, 1, 2, 3, 4, 8, 9, 1, 2]) == [3: 4])
    #expect(Self.losses([1, 2, 3, 4, 1, 2]) { $0.allowedLength = 3 } == [:])
    #expect(Self.losses([1, 2, 3, 4, 2]) { $0.allowedLength = 1 } == [3: 1])
  }

  @Test("the longest repetition counts, one for each token that may follow")
  func longest() {
    #expect(Self.losses([1, 2, 3, 9, 1, 2, 3, 5, 2, 3, 9, 1, 2]) == [3: 8])
    #expect(Self.losses([1, 2, 3, 1, 2, 4, 1, 2]) == [3: 1, 4: 1])
  }

  @Test("a repetition may overlap itself")
  func overlap() {
    #expect(Self.losses([7, 7, 7, 7]) == [7: 2])
    #expect(Self.losses([1, 2, 1, 2, 1, 2]) == [1: 4])
  }

  @Test("nothing is a repetition across a breaker, which itself loses nothing")
  func breakers() {
    let text: [TokenID] = [9, 1, 2, 3, 4, 9, 1, 2]
    #expect(Self.losses(text) { $0.breakers = [9] } == [3: 1])
    #expect(Self.losses(text) { $0.breakers = [1] } == [:])
    #expect(Self.losses(text) { $0.breakers = [2, 5] } == [:])
    #expect(Self.losses(text) { $0.breakers = [3, 5] } == [:])
    #expect(Self.losses(text) { $0.breakerPhrases = [[9, 1]] } == [:])
    #expect(Self.losses(text) { $0.breakerPhrases = [[4, 9], [9, 2]] } == [3: 1])
    // The longest that begins at a place counts, among others that begin as it does.
    #expect(Self.losses(text) { $0.breakerPhrases = [[9, 0], [9, 1], [9, 1, 2], [9, 1, 3], [9, 2]] } == [:])
    #expect(Self.losses(text) { $0.breakerPhrases = [[4, 9], [4, 9, 2], [9, 2], [9, 3]] } == [3: 1])
  }

  @Test("only the last tokens are searched where so many are given")
  func lookback() {
    let text: [TokenID] = [9, 1, 2, 3, 4, 9, 1, 2]
    #expect(Self.losses(text) { $0.lookback = 7 } == [3: 1])
    #expect(Self.losses(text) { $0.lookback = 5 } == [:])
  }

  @Test("a very long repetition leaves logits finite")
  func finite() {
    let text = [TokenID](repeating: 3, count: 5000)
    let loss = Self.losses(text)[3]
    #expect(loss?.isFinite == true && (loss ?? 0) > 1e29)
  }

  @Test("the lengths are those that a comparison of all pairs of places finds")
  func againstAllPairs() {
    let random = CounterRandom(seed: 1)
    for round in 0..<200 {
      let text = (0..<40).map { TokenID(random.uniform(position: round * 40 + $0) * 3) }
      var expected: [TokenID: Float] = [:]
      for place in 1..<text.count {
        var length = 0
        while length < place, text[place - 1 - length] == text[text.count - 1 - length] { length += 1 }
        guard length >= 2 else { continue }
        expected[text[place]] = max(expected[text[place], default: 0], Float(1 << (length - 2)))
      }
      #expect(Self.losses(text) == expected, "\(text)")
    }
  }

  @Test("a greedy draw takes the next best token where the best would repeat")
  func drawn() {
    var parameters = SamplingParameters.greedy
    (parameters.dry.multiplier, parameters.dry.base) = (5, 1)
    let row: [Float] = [0, 0, 0, 4, 0, 3]
    var sampler = LogitsSampler(vocabularySize: row.count)
    let token = row.withUnsafeBufferPointer {
      sampler.sample($0, parameters: parameters, history: TokenHistory(), text: [1, 2, 3, 4, 1, 2], position: 6)
    }
    #expect(token == 5)
  }
}
