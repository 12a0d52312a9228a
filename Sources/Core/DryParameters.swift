/// DRY ("don't repeat yourself", p-e-w, 2024): a token that would carry on a repetition loses the more, the longer the
/// repetition is. Where the end of the text, n tokens of it, stood before and was followed by a token, that token's
/// logit is lowered by multiplier * base^(n - allowed length), for the greatest such n. Prompt tokens count.
package struct DryParameters: Hashable, Sendable {
  /// 0 turns DRY off.
  package var multiplier: Float = 0
  package var base: Float = 1.75
  /// Repetitions that are shorter cost nothing.
  package var allowedLength = 2
  /// Tokens of the text's end in which repetitions are looked for; nil takes all.
  package var lookback: Int?
  /// Tokens across which nothing is a repetition, and that are never lowered themselves; in ascending order.
  package var breakers: [TokenID] = []
  /// Several tokens that are a breaker together, at least two each; in ascending order, token by token, so that the
  /// sampler finds those that begin somewhere without a look at all of them.
  package var breakerPhrases: [[TokenID]] = []

  /// What the parameters may be.
  package enum Bounds {
    package static let multiplier: ClosedRange<Float> = 0...100
    package static let base: ClosedRange<Float> = 1...100
    package static let allowedLength = 0...Limits.maximumContext
    package static let lookback = 1...Limits.maximumContext
    package static let breakerCount = 65_536
    package static let phraseCount = 4096
    /// Tokens of a phrase.
    package static let phraseLength = 2...32
  }

  package init() {}

  package var isActive: Bool { multiplier > 0 }

  /// Throws what is out of range, naming the field and its bounds. NaN is out of every range.
  package func validate() throws(InvalidParameter) {
    guard Bounds.multiplier.contains(multiplier) else { throw Self.invalid("multiplier", Bounds.multiplier) }
    guard Bounds.base.contains(base) else { throw Self.invalid("base", Bounds.base) }
    guard Bounds.allowedLength.contains(allowedLength) else {
      throw Self.invalid("allowed_length", Bounds.allowedLength)
    }
    guard lookback.map(Bounds.lookback.contains) ?? true else {
      throw Self.invalid("penalty_last_n", Bounds.lookback)
    }
    let tokens = 0..<TokenID(Limits.maximumVocabularySize)
    guard breakers.count <= Bounds.breakerCount, breakers.allSatisfy(tokens.contains),
      zip(breakers, breakers.dropFirst()).allSatisfy({ $0 < $1 }), breakerPhrases.count <= Bounds.phraseCount,
      breakerPhrases.allSatisfy({ Bounds.phraseLength.contains($0.count) && $0.allSatisfy(tokens.contains) }),
      zip(breakerPhrases, breakerPhrases.dropFirst()).allSatisfy({ !$1.lexicographicallyPrecedes($0) })
    else {
      throw InvalidParameter(
        name: "dry_sequence_breakers",
        reason: "must come to at most \(Bounds.breakerCount) tokens and \(Bounds.phraseCount) phrases of tokens; "
          + "give fewer texts, or ones whose beginning fewer tokens end in")
    }
  }

  private static func invalid<Bound>(_ name: String, _ range: ClosedRange<Bound>) -> InvalidParameter {
    InvalidParameter(name: "dry_\(name)", reason: "must be between \(range.lowerBound) and \(range.upperBound)")
  }
}
