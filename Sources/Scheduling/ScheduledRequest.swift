package import Core

/// One sequence asked of the scheduler: the client's request as it was checked, with all that admission fixed.
package struct ScheduledRequest: Sendable {
  package let sequence: SequenceID
  /// Valid: see `GenerationRequest.check`.
  package let generation: GenerationRequest
  /// New tokens at most; 0 only computes the prompt.
  package let maximumNewTokens: Int
  package let policy: PositionPolicy
  /// Whether it waits after its prefill until `Scheduler.setPaused` lets it decode.
  package var startsPaused: Bool

  /// With which others it shares pages: it opens on those that are kept of them, and its own are kept for them. Nil
  /// shares none.
  package let scope: PrefixScope?
  /// How the prompt's hidden states are pooled: each chunk reports its share. Nil wants none.
  package let pooling: Pooling?

  package var prompt: [TokenID] { generation.prompt }

  /// Tokens of the prompt, from the first one on, that need not be computed for it: all but the last, whose row gives
  /// the answer's first token, and those whose rows are scored or pooled.
  var shareableTokenCount: Int {
    if let pooling, pooling != .last { return 0 }
    return min(prompt.count, generation.scoresPromptFrom ?? prompt.count) - 1
  }

  /// - Parameter maximumNewTokens: what the request says, or what is left of the context where it says nothing.
  /// - Precondition: the prompt is not empty and `maximumNewTokens` is not negative.
  package init(
    _ generation: GenerationRequest, sequence: SequenceID, maximumNewTokens: Int, policy: PositionPolicy,
    startsPaused: Bool = false, scope: PrefixScope? = nil, pooling: Pooling? = nil
  ) {
    precondition(!generation.prompt.isEmpty && maximumNewTokens >= 0, "an unchecked request was scheduled")
    self.generation = generation
    self.sequence = sequence
    self.maximumNewTokens = maximumNewTokens
    self.policy = policy
    self.startsPaused = startsPaused
    self.scope = scope
    self.pooling = pooling
  }
}
