/// How the next token is sampled from the logits. Validated by `validate()` before it enters the cluster.
///
/// Order of application: penalties, temperature, top-k, top-p, min-p, sampling.
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
  /// Keys the counter-based random numbers together with the position.
  package var seed: UInt64 = 0

  package init() {}

  package static var greedy: SamplingParameters {
    var parameters = SamplingParameters()
    parameters.temperature = 0
    return parameters
  }

  package var isGreedy: Bool { temperature == 0 }
  package var usesPenalties: Bool { repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0 }

  /// Throws what is out of range, naming the field and its bounds. NaN is out of every range.
  package func validate() throws(InvalidParameter) {
    try Self.check("temperature", temperature, 0...100)
    try Self.check("top_p", topP, 0...1)
    try Self.check("min_p", minP, 0...1)
    try Self.check("repetition_penalty", repetitionPenalty, 0.01...100)
    try Self.check("presence_penalty", presencePenalty, -100...100)
    try Self.check("frequency_penalty", frequencyPenalty, -100...100)
    guard (0...Limits.maximumVocabularySize).contains(topK) else {
      throw InvalidParameter(name: "top_k", reason: "must be between 0 and \(Limits.maximumVocabularySize)")
    }
  }

  private static func check(_ name: String, _ value: Float, _ range: ClosedRange<Float>) throws(InvalidParameter) {
    guard range.contains(value) else {
      throw InvalidParameter(name: name, reason: "must be between \(range.lowerBound) and \(range.upperBound)")
    }
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
