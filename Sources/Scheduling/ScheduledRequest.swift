package import Core

/// One sequence asked of the scheduler: the client's request as it was checked, with all that admission fixed.
package struct ScheduledRequest: Sendable {
  package let sequence: SequenceID
  /// Valid: see `GenerationRequest.check`.
  package let generation: GenerationRequest
  /// New tokens at most; 0 only computes the prompt.
  package let maximumNewTokens: Int
  package let policy: SelfExtendPolicy
  /// Whether it waits after its prefill until `Scheduler.setPaused` lets it decode.
  package var startsPaused: Bool

  /// Computed pages that the prompt may begin with. Those that do not fit, and a prefix that was dropped, are not used.
  package let prefix: PrefixID?
  /// How the prompt's hidden states are pooled: each chunk reports its share. Nil wants none.
  package let pooling: Pooling?

  package var prompt: [TokenID] { generation.prompt }

  /// - Parameter maximumNewTokens: what the request says, or what is left of the context where it says nothing.
  /// - Precondition: the prompt is not empty and `maximumNewTokens` is not negative.
  package init(
    _ generation: GenerationRequest, sequence: SequenceID, maximumNewTokens: Int, policy: SelfExtendPolicy,
    startsPaused: Bool = false, prefix: PrefixID? = nil, pooling: Pooling? = nil
  ) {
    precondition(!generation.prompt.isEmpty && maximumNewTokens >= 0, "an unchecked request was scheduled")
    self.generation = generation
    self.sequence = sequence
    self.maximumNewTokens = maximumNewTokens
    self.policy = policy
    self.startsPaused = startsPaused
    self.prefix = prefix
    self.pooling = pooling
  }
}
