package import Core

/// How often a sequence has seen and generated each token: what the penalties need, kept at the last stage.
package struct TokenHistory: Hashable, Sendable {
  private var generatedCounts: [TokenID: Int] = [:]
  private var seenCounts: [TokenID: Int] = [:]

  package init() {}

  /// Counts tokens that the stage has computed; those beyond the prompt were generated.
  package mutating func append(_ tokens: some Sequence<TokenID>, generated: Bool) {
    for token in tokens {
      seenCounts[token, default: 0] += 1
      if generated { generatedCounts[token, default: 0] += 1 }
    }
  }

  /// Takes back tokens that were appended so.
  package mutating func remove(_ tokens: some Sequence<TokenID>, generated: Bool) {
    for token in tokens {
      Self.decrement(&seenCounts, token)
      if generated { Self.decrement(&generatedCounts, token) }
    }
  }

  private static func decrement(_ counts: inout [TokenID: Int], _ token: TokenID) {
    let count = counts[token, default: 0]
    counts[token] = count > 1 ? count - 1 : nil
  }

  /// Applies the three penalties in place to one row of logits.
  func penalize(_ logits: UnsafeMutableBufferPointer<Float>, _ parameters: SamplingParameters) {
    for token in seenCounts.keys where Int(token) < logits.count {
      let logit = logits[Int(token)]
      logits[Int(token)] =
        logit > 0 ? logit / parameters.repetitionPenalty : logit * parameters.repetitionPenalty
    }
    for (token, count) in generatedCounts where Int(token) < logits.count {
      logits[Int(token)] -= parameters.presencePenalty + parameters.frequencyPenalty * Float(count)
    }
  }
}
