package import Core

/// Frame 1 of a result message, from the last stage to the coordinator: what a step brought.
///
/// Frame 2, when an entry has logits, holds them: one row of `vocabularySize` little-endian f32 for every such entry,
/// in order.
package struct StepResult: Hashable, Sendable {
  package var epoch: PlanEpoch
  package var step: UInt64
  /// In the order of the step's entries; at most `Limits.maximumStepEntryCount`.
  package var entries: [StepResultEntry]
  /// Width of the rows in frame 2.
  package var vocabularySize: Int
  /// Why a stage could not compute the step; then there are no entries.
  package var failure: String?
  /// Sequences that a stage could not go on with; they have no entry.
  package var failed: [SequenceFailure]
  /// What each stage spent, in pipeline order.
  package var timings: [StageTiming]

  package init(
    epoch: PlanEpoch, step: UInt64, entries: [StepResultEntry], vocabularySize: Int, failure: String? = nil,
    failed: [SequenceFailure] = [], timings: [StageTiming] = []
  ) {
    self.epoch = epoch
    self.step = step
    self.entries = entries
    self.vocabularySize = vocabularySize
    self.failure = failure
    self.failed = failed
    self.timings = timings
  }

  /// Bytes frame 2 must have; `Int.max`, which no frame has, when the numbers overflow.
  package var expectedPayloadByteCount: Int {
    payloadByteCount(rows: entries.count(where: \.hasLogits), width: vocabularySize)
  }
}

/// What a step brought for one sequence.
package struct StepResultEntry: Hashable, Sendable {
  package var sequence: SequenceID
  /// Position of the sequence's next token: what the cache holds after the step.
  package var position: Int
  /// The new token, when one was asked for.
  package var token: TokenID?
  /// Its log-probability, when asked for.
  package var logprob: Float?
  /// Best alternatives, largest first.
  package var top: [TokenLogprob]
  /// Position of the token that `promptLogprobs` starts with.
  package var promptLogprobsFirst: Int
  /// Log-probabilities of prompt tokens, in order.
  package var promptLogprobs: [Float]
  /// Best alternatives to each of these tokens, largest first: one list a token, all equally long, or no list at all.
  package var promptTop: [[TokenLogprob]]
  /// Whether frame 2 has a row for this entry.
  package var hasLogits: Bool

  package init(
    sequence: SequenceID, position: Int, token: TokenID? = nil, logprob: Float? = nil, top: [TokenLogprob] = [],
    promptLogprobsFirst: Int = 0, promptLogprobs: [Float] = [], promptTop: [[TokenLogprob]] = [],
    hasLogits: Bool = false
  ) {
    self.sequence = sequence
    self.position = position
    self.token = token
    self.logprob = logprob
    self.top = top
    self.promptLogprobsFirst = promptLogprobsFirst
    self.promptLogprobs = promptLogprobs
    self.promptTop = promptTop
    self.hasLogits = hasLogits
  }
}
