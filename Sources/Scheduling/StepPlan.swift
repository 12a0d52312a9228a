package import Core

/// One pass through all stages: first the releases, then the entries.
package struct StepPlan: Sendable {
  /// Ascending by one from 1; counts from 1 again after `resume` and `failAll`, when another epoch begins.
  package let step: UInt64
  /// Decodes, then chunks of prompts; at most one a sequence. Empty only when the step is there for its releases.
  package let entries: [StepEntry]
  /// How many of the entries are decodes.
  package let decodeCount: Int
  /// Sequences whose pages are free from here on. Stages forget them before they compute the entries, which may already
  /// use those pages.
  package let releases: [SequenceID]
  /// Sequences that stages continue out of an earlier plan. Only in the first step of a plan, before which they forget
  /// all others.
  package let resumes: [ResumedSequence]

  package var decodes: ArraySlice<StepEntry> { entries.prefix(decodeCount) }
  package var chunks: ArraySlice<StepEntry> { entries.dropFirst(decodeCount) }
  package var tokenCount: Int { entries.reduce(0) { $0 + $1.tokens.count } }
}

/// What one sequence does in a step: a chunk of its prompt, or the decode of one token.
package struct StepEntry: Sendable {
  package let sequence: SequenceID
  /// Position of the first of `tokens`: as many as the stages have cached before.
  package let startPosition: Int
  package let tokens: [TokenID]
  /// Pages that these tokens are the first to touch, to be appended to the sequence's table in order.
  package let newPages: [PageID]
  package let policy: SelfExtendPolicy
  /// Set on the sequence's first entry only.
  package let opening: Opening?
  /// Whether a token is sampled after the last one.
  package let shouldSample: Bool
  /// Whether the logits after the last token are wanted (only ever on the prompt's last chunk).
  package let wantsLogits: Bool
  /// Prompt index of the first token whose log-probability this chunk reports; nil when it reports none. It
  /// reports all from there to the token after the chunk (or the prompt's last).
  package let scoresFrom: Int?
  /// The prompt token after this chunk: set when the chunk scores and the prompt goes on.
  package let followingToken: TokenID?
  /// Best alternatives wanted with the sampled token; nil wants no log-probabilities.
  package let topLogprobCount: Int?

  /// What stages keep for the life of a sequence.
  package struct Opening: Hashable, Sendable {
    /// Pages of the ring that holds the neighbor view of keys; empty when the policy does not group.
    package let neighborPages: [PageID]
    package let sampling: SamplingParameters
    /// Tokens of the prompt: what follows them was generated, also when it is computed again after a loss.
    package let promptTokenCount: Int
  }

  /// The stages that compute the tokens again while all others hold them; empty when every stage computes them.
  package let rebuilding: StageSet

  /// Log-probabilities that this chunk reports.
  package var scoreCount: Int {
    guard let scoresFrom else { return 0 }
    return startPosition + tokens.count - scoresFrom + (followingToken == nil ? 0 : 1)
  }
}
