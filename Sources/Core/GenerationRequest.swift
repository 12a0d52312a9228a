/// One generation asked of an engine: token ids in, token ids out.
package struct GenerationRequest: Sendable {
  /// The prompt as ids, begin token included where the model wants one. Not empty.
  package var prompt: [TokenID]
  /// New tokens at most; nil means up to the context's end. 0 only reads the prompt.
  package var maximumNewTokens: Int?
  package var sampling = SamplingParameters()
  package var policy = PolicyRequest()
  /// Ids that end the answer (they are not part of it).
  package var stopTokens: Set<TokenID> = []
  /// Best alternatives wanted with every token, new or scored, 0...20; nil wants no log-probabilities of new ones.
  package var topLogprobCount: Int?
  /// When set, the log-probability of every prompt token from this index on (at least 1) is reported.
  package var scoresPromptFrom: Int?
  /// Whether the logits after the last prompt token are reported.
  package var wantsPromptLogits = false
  /// Of an engine that lets some requests draw tokens and others wait (`ClusterEngine.setTurn`): whose turn this one
  /// waits for. Nil never waits.
  package var turn: Int?

  package init(prompt: [TokenID], maximumNewTokens: Int? = nil) {
    self.prompt = prompt
    self.maximumNewTokens = maximumNewTokens
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

/// What an engine tells of a running generation, in order.
package enum GenerationEvent: Sendable {
  /// First: admitted under this policy.
  case admitted(PolicyChoice)
  /// Prompt tokens read so far, out of all.
  case prefillProgress(done: Int, total: Int)
  /// Log-probabilities of the prompt tokens at `[first, first + count)`, in order, and the best alternatives to each,
  /// largest first; `top` is empty unless asked for.
  case promptLogprobs(first: Int, values: [Float], top: [[TokenLogprob]])
  /// Logits after the last prompt token; one a vocabulary entry.
  case promptLogits([Float])
  /// One new token. `top` is ordered, largest first, and empty unless asked for.
  case token(TokenID, logprob: Float?, top: [TokenLogprob])
  /// Last.
  case finished(FinishReason, GenerationTimings)
}

package enum FinishReason: String, Sendable {
  /// A stop token was drawn.
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
  package var generatedTokenCount = 0
  package init() {}
}
