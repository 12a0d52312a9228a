package import Core

/// How often a sequence has seen and generated each token: what the penalties need, kept at the last stage.
package struct TokenHistory: Sendable {
  private var generatedCounts: [TokenID: Int] = [:]
  private var seen: Set<TokenID> = []

  package init() {}

  /// Notes tokens the stage has read; those beyond the prompt were generated.
  package mutating func append(_ tokens: some Sequence<TokenID>, generated: Bool) {
    for token in tokens {
      seen.insert(token)
      if generated { generatedCounts[token, default: 0] += 1 }
    }
  }

  /// Applies the three penalties in place to one row of logits.
  func penalize(_ logits: UnsafeMutableBufferPointer<Float>, _ parameters: SamplingParameters) {
    for token in seen where Int(token) < logits.count {
      let logit = logits[Int(token)]
      logits[Int(token)] =
        logit > 0 ? logit / parameters.repetitionPenalty : logit * parameters.repetitionPenalty
    }
    for (token, count) in generatedCounts where Int(token) < logits.count {
      logits[Int(token)] -= parameters.presencePenalty + parameters.frequencyPenalty * Float(count)
    }
  }
}
