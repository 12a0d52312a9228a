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

  package var prompt: [TokenID] { generation.prompt }

  /// - Parameter maximumNewTokens: what the request says, or what is left of the context where it says nothing.
  /// - Precondition: the prompt is not empty and `maximumNewTokens` is not negative.
  package init(
    _ generation: GenerationRequest, sequence: SequenceID, maximumNewTokens: Int, policy: SelfExtendPolicy,
    startsPaused: Bool = false
  ) {
    precondition(!generation.prompt.isEmpty && maximumNewTokens >= 0, "an unchecked request was scheduled")
    self.generation = generation
    self.sequence = sequence
    self.maximumNewTokens = maximumNewTokens
    self.policy = policy
    self.startsPaused = startsPaused
  }
}
