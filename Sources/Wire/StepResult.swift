package import Core

/// Frame 1 of a result message, from the last stage to the coordinator: what a step brought.
///
/// Frame 2, when entries have rows, holds them in order, little-endian f32: for each entry its rows of `vocabularySize`
/// logits and then its pooled row of `hiddenSize` numbers.
package struct StepResult: Hashable, Sendable {
  package var epoch: PlanEpoch
  package var step: UInt64
  /// In the order of the step's entries; at most `Limits.maximumStepEntryCount`.
  package var entries: [StepResultEntry]
  /// Width of a row of logits in frame 2.
  package var vocabularySize: Int
  /// Width of a pooled row in frame 2.
  package var hiddenSize: Int
  /// Why a stage could not compute the step; then there are no entries.
  package var failure: String?
  /// Sequences that a stage could not continue; they have no entry.
  package var failed: [SequenceFailure]
  /// What each stage spent, in pipeline order.
  package var timings: [StageTiming]

  package init(
    epoch: PlanEpoch, step: UInt64, entries: [StepResultEntry], vocabularySize: Int, hiddenSize: Int = 0,
    failure: String? = nil,
    failed: [SequenceFailure] = [], timings: [StageTiming] = []
  ) {
    self.epoch = epoch
    self.step = step
    self.entries = entries
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.failure = failure
    self.failed = failed
    self.timings = timings
  }

  /// Bytes frame 2 must have; `Int.max`, which no frame has, when the numbers overflow.
  package var expectedPayloadByteCount: Int {
    let logits = payloadByteCount(rows: entries.reduce(0) { $0 + $1.logitsRowCount }, width: vocabularySize)
    let pooled = payloadByteCount(rows: entries.count(where: \.hasPooledRow), width: hiddenSize)
    let (sum, overflow) = logits.addingReportingOverflow(pooled)
    return overflow ? Int.max : sum
  }
}

/// What a step brought for one sequence.
package struct StepResultEntry: Hashable, Sendable {
  package var sequence: SequenceID
  /// What the cache holds after the step.
  package var position: Int
  /// One token for each row that was to be sampled, in order.
  package var sampled: [SampledToken]
  /// Position of the token that `promptLogprobs` starts with.
  package var promptLogprobsFirst: Int
  /// Log-probabilities of prompt tokens, in order.
  package var promptLogprobs: [Float]
  /// Best alternatives to each of these tokens, largest first: one list a token, all equally long, or no list at all.
  package var promptTop: [[TokenLogprob]]
  /// Rows of logits that frame 2 has for this entry.
  package var logitsRowCount: Int
  /// Whether frame 2 has a pooled row for this entry, after its logits.
  package var hasPooledRow: Bool

  package init(
    sequence: SequenceID, position: Int, sampled: [SampledToken] = [], promptLogprobsFirst: Int = 0,
    promptLogprobs: [Float] = [], promptTop: [[TokenLogprob]] = [], logitsRowCount: Int = 0,
    hasPooledRow: Bool = false
  ) {
    self.sequence = sequence
    self.position = position
    self.sampled = sampled
    self.promptLogprobsFirst = promptLogprobsFirst
    self.promptLogprobs = promptLogprobs
    self.promptTop = promptTop
    self.logitsRowCount = logitsRowCount
    self.hasPooledRow = hasPooledRow
  }
}
