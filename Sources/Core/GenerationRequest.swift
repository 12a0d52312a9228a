/// One generation asked of an engine: token ids in, token ids out.
package struct GenerationRequest: Sendable {
  /// The prompt as ids, begin token included where the model wants one. Not empty.
  package var prompt: [TokenID]
  /// New tokens at most; nil means up to the context's end. 0 only computes the prompt.
  package var maximumNewTokens: Int?
  package var sampling = SamplingParameters()
  /// What the answer must match; nil lets it be any text.
  package var constraint: TextConstraint?
  package var policy = PolicyRequest()
  /// Ids that end the answer (they are not part of it).
  package var stopTokens: Set<TokenID> = []
  /// Best alternatives wanted with every token, new or scored, 0...20; nil wants no log-probabilities of new ones.
  package var topLogprobCount: Int?
  /// When set, the log-probability of every prompt token from this index on (at least 1) is reported.
  package var scoresPromptFrom: Int?
  /// Whether the logits after the last prompt token are reported.
  package var wantsPromptLogits = false
  /// How the prompt's hidden states become one row, which is reported; nil wants none.
  package var pooling: Pooling?
  /// By which its trace is found; nil leaves none.
  package var id: String?
  /// The client's span that its trace is a part of.
  package var traceParent: TraceParent?
  /// For whom it is computed.
  package var tenant = Tenant()
  /// Requests that wait are admitted by this number, the least first.
  package var priority = 0
  /// From its submission on; when it is over, the generation fails with `EngineError.timedOut`. Nil never ends it.
  package var timeout: Duration?
  /// Whether its prompt may begin with what was computed for earlier requests, and is kept for later ones. Its answer
  /// does not depend on it.
  package var usesPrefixCache = true

  package init(prompt: [TokenID], maximumNewTokens: Int? = nil) {
    self.prompt = prompt
    self.maximumNewTokens = maximumNewTokens
  }

  /// Checks every field that can be checked without a cluster.
  /// - Throws: `EngineError` about the prompt, `InvalidParameter` about another field.
  package func check(vocabularySize: Int) throws {
    guard !prompt.isEmpty else { throw EngineError.emptyPrompt }
    for token in prompt where token < 0 || Int(token) >= vocabularySize {
      throw EngineError.tokenOutOfRange(token, vocabularySize: vocabularySize)
    }
    try sampling.validate()
    try constraint?.validate()
    if let count = topLogprobCount, !(0...Limits.maximumTopLogprobCount).contains(count) {
      throw InvalidParameter(name: "logprobs", reason: "must be between 0 and \(Limits.maximumTopLogprobCount)")
    }
    if let from = scoresPromptFrom, from < 1 {
      throw InvalidParameter(name: "scores from", reason: "must be at least 1: the first token has no predecessor")
    }
    if let count = maximumNewTokens, count < 0 {
      throw InvalidParameter(name: "max_tokens", reason: "must not be negative")
    }
  }
}

/// A token with its log-probability under the model (before temperature and filters).
package struct TokenLogprob: Hashable, Sendable {
  package let token: TokenID
  package let logprob: Float
  package init(token: TokenID, logprob: Float) {
    self.token = token
    self.logprob = logprob
  }
}

/// What an engine reports of a running generation, in order.
package enum GenerationEvent: Sendable {
  /// First: admitted under this policy.
  case admitted(PolicyChoice)
  /// Prompt tokens that were computed for earlier requests: the prompt is computed from there on. Only where there are
  /// any, before any of the prompt is computed.
  case cached(tokenCount: Int)
  /// Prompt tokens computed so far, out of all.
  case prefillProgress(done: Int, total: Int)
  /// Log-probabilities of the prompt tokens at `[first, first + count)`, in order, and the best alternatives to each,
  /// largest first; `top` is empty unless asked for.
  case promptLogprobs(first: Int, values: [Float], top: [[TokenLogprob]])
  /// Logits after the last prompt token; one a vocabulary entry.
  case promptLogits([Float])
  /// The prompt's pooled hidden state; one number a column.
  case pooled([Float])
  /// One new token. `top` is ordered, largest first, and empty unless asked for.
  case token(TokenID, logprob: Float?, top: [TokenLogprob])
  /// Last.
  case finished(FinishReason, GenerationTimings)
}

package enum FinishReason: String, Sendable {
  /// A stop token was sampled.
  case stop
  /// The token or context limit was reached.
  case length
}

/// Where a generation's time went, in seconds.
package struct GenerationTimings: Hashable, Sendable {
  /// From submission to the first chunk being sent.
  package var queueSeconds: Double = 0
  /// From the first chunk being sent to the first token (or the end of the prompt).
  package var prefillSeconds: Double = 0
  /// From the first token to the last.
  package var decodeSeconds: Double = 0
  package var promptTokenCount = 0
  /// Tokens of the prompt that were computed for earlier requests.
  package var cachedTokenCount = 0
  package var generatedTokenCount = 0
  /// Tokens that were proposed instead of waited for, and those of them that were sampled.
  package var draftedTokenCount = 0
  package var acceptedTokenCount = 0
  package init() {}
}
