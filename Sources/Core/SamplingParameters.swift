/// How the next token is sampled from the logits. Validated by `validate()` before it enters the cluster.
///
/// Order of application: biases and the minimum of new tokens, penalties, DRY, top-n-sigma, temperature, typical-p,
/// top-k, top-p, min-p, XTC, sampling.
package struct SamplingParameters: Hashable, Sendable {
  /// 0 is greedy: the largest logit, lowest id on ties.
  package var temperature: Float = 1
  /// Keep the k largest; 0 keeps all.
  package var topK: Int = 0
  /// Keep the smallest set whose probability reaches this; 1 keeps all.
  package var topP: Float = 1
  /// Drop what is less likely than this share of the likeliest; 0 drops none.
  package var minP: Float = 0
  /// Divides positive and multiplies negative logits of tokens already seen, prompt included; 1 does nothing.
  package var repetitionPenalty: Float = 1
  /// Subtracted once from the logit of a token already generated.
  package var presencePenalty: Float = 0
  /// Subtracted from a token's logit for each time it was generated.
  package var frequencyPenalty: Float = 0
  package var dry = DryParameters()
  /// Drop logits further below the largest than so many standard deviations; 0 drops none (Tang et al., 2024).
  package var topNSigma: Float = 0
  /// Keep the tokens whose information is nearest to the expected one, until their probability reaches this; 1 keeps
  /// all (Meister et al., 2022).
  package var typicalP: Float = 1
  /// How likely XTC strikes: of the tokens at or above its threshold it then drops all but the least likely.
  package var xtcProbability: Float = 0
  /// A probability; above 0.5 no two tokens reach it.
  package var xtcThreshold: Float = 0.1
  /// Added to the logits of single tokens before all else; at most one a token.
  package var logitBiases: [LogitBias] = []
  /// New tokens before which none of `endTokens` is sampled.
  package var minimumNewTokens = 0
  /// What `minimumNewTokens` holds back; empty without it.
  package var endTokens: [TokenID] = []
  /// Keys the counter-based random numbers together with the position.
  package var seed: UInt64 = 0

  /// What the parameters may be.
  package enum Bounds {
    package static let temperature: ClosedRange<Float> = 0...100
    /// Of `topP` and `minP`.
    package static let share: ClosedRange<Float> = 0...1
    package static let repetition: ClosedRange<Float> = 0.01...100
    /// Of the presence and the frequency penalty.
    package static let penalty: ClosedRange<Float> = -100...100
    package static let topNSigma: ClosedRange<Float> = 0...100
    package static let typical: ClosedRange<Float> = 0.001...1
    /// -infinity, besides, excludes a token.
    package static let bias: ClosedRange<Float> = -100...100
    package static let biasCount = 1024
    package static let endTokenCount = 1024
  }

  package init() {}

  package static var greedy: SamplingParameters {
    var parameters = SamplingParameters()
    parameters.temperature = 0
    return parameters
  }

  package var isGreedy: Bool { temperature == 0 }
  /// Whether logits are changed before penalties, for the token after `answerIndex` others of the answer.
  package func editsLogits(answerIndex: Int) -> Bool { !logitBiases.isEmpty || answerIndex < minimumNewTokens }
  /// Whether a token's logit depends on the tokens before it.
  package var needsTokens: Bool { usesPenalties || dry.isActive }
  package var usesPenalties: Bool { repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0 }

  /// Throws what is out of range, naming the field and its bounds. NaN is out of every range.
  package func validate() throws(InvalidParameter) {
    try Self.check("temperature", temperature, Bounds.temperature)
    try Self.check("top_p", topP, Bounds.share)
    try Self.check("min_p", minP, Bounds.share)
    try Self.check("repetition_penalty", repetitionPenalty, Bounds.repetition)
    try Self.check("presence_penalty", presencePenalty, Bounds.penalty)
    try Self.check("frequency_penalty", frequencyPenalty, Bounds.penalty)
    try dry.validate()
    try Self.check("top_n_sigma", topNSigma, Bounds.topNSigma)
    try Self.check("typical_p", typicalP, Bounds.typical)
    try Self.check("xtc_probability", xtcProbability, Bounds.share)
    try Self.check("xtc_threshold", xtcThreshold, Bounds.share)
    try checkTokens()
    guard (0...Limits.maximumVocabularySize).contains(topK) else {
      throw InvalidParameter(name: "top_k", reason: "must be between 0 and \(Limits.maximumVocabularySize)")
    }
  }

  private func checkTokens() throws(InvalidParameter) {
    let tokens = 0..<TokenID(Limits.maximumVocabularySize)
    guard logitBiases.count <= Bounds.biasCount, Set(logitBiases.map(\.token)).count == logitBiases.count,
      logitBiases.allSatisfy({
        tokens.contains($0.token) && (Bounds.bias.contains($0.bias) || $0.bias == -.infinity)
      })
    else {
      throw InvalidParameter(
        name: "logit_bias",
        reason: "must be at most \(Bounds.biasCount) biases between -100 and 100, or -infinity, one a token")
    }
    guard (0...Limits.maximumContext).contains(minimumNewTokens) else {
      throw InvalidParameter(name: "min_tokens", reason: "must be between 0 and \(Limits.maximumContext)")
    }
    guard endTokens.count <= Bounds.endTokenCount, endTokens.allSatisfy(tokens.contains) else {
      throw InvalidParameter(name: "min_tokens", reason: "holds back at most \(Bounds.endTokenCount) tokens")
    }
  }

  private static func check(_ name: String, _ value: Float, _ range: ClosedRange<Float>) throws(InvalidParameter) {
    guard range.contains(value) else {
      throw InvalidParameter(name: name, reason: "must be between \(range.lowerBound) and \(range.upperBound)")
    }
  }
}

/// What is added to a token's logit.
package struct LogitBias: Hashable, Sendable {
  package let token: TokenID
  /// -infinity excludes the token.
  package let bias: Float
  package init(token: TokenID, bias: Float) {
    self.token = token
    self.bias = bias
  }
}

/// A request field that cannot be obeyed; the text names the field and what it may be.
package struct InvalidParameter: Error, Hashable, Sendable, CustomStringConvertible {
  package let name: String
  package let reason: String
  package init(name: String, reason: String) {
    self.name = name
    self.reason = reason
  }
  package var description: String { "\(name) \(reason)" }
}
