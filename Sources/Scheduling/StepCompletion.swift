package import Core

/// What came back of a step.
package struct StepCompletion: Sendable {
  /// The tokens sampled for a sequence, one after each row that was asked for.
  package struct Entry: Hashable, Sendable {
    package let sequence: SequenceID
    package let sampled: [SampledToken]
    package init(sequence: SequenceID, sampled: [SampledToken]) {
      self.sequence = sequence
      self.sampled = sampled
    }
  }

  package let step: UInt64
  /// At least one for every entry of the step that samples; others may be left out.
  package let entries: [Entry]
  /// Sequences that a stage could not continue, and why.
  package let failed: [SequenceID: String]
  /// How long the stage that took longest computed, where that is known.
  package let slowestStageSeconds: Double?
  /// When the result came, since the start that `nextStep` counts from; nil where steps are not to be measured.
  package let now: Duration?

  package init(
    step: UInt64, entries: [Entry], failed: [SequenceID: String] = [:], slowestStageSeconds: Double? = nil,
    now: Duration? = nil
  ) {
    self.step = step
    self.entries = entries
    self.failed = failed
    self.slowestStageSeconds = slowestStageSeconds
    self.now = now
  }
}

/// A completion that does not belong to the oldest step in flight. Nothing has changed when it is thrown: the
/// caller treats the stage that sent it as broken.
package enum CompletionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Stages work in order, so results come in order. `expected` is nil when nothing is in flight.
  case unexpectedStep(step: UInt64, expected: UInt64?)
  case unknownSequence(SequenceID, step: UInt64)
  case doubledSequence(SequenceID, step: UInt64)
  case missingToken(SequenceID, step: UInt64)
  case unaskedToken(SequenceID, step: UInt64)

  package var description: String {
    switch self {
    case .unexpectedStep(let step, let expected):
      "a result of step \(step) came while \(expected.map { "step \($0)" } ?? "none") was due"
    case .unknownSequence(let sequence, let step):
      "the result of step \(step) names \(sequence), which is not in it"
    case .doubledSequence(let sequence, let step): "the result of step \(step) names \(sequence) twice"
    case .missingToken(let sequence, let step): "the result of step \(step) lacks a token of \(sequence)"
    case .unaskedToken(let sequence, let step):
      "the result of step \(step) has a token of \(sequence) that was not asked for"
    }
  }
}

/// What a completed step means for a sequence, in the order in which users see it. A sequence has at most one entry
/// a step, so the step's log-probabilities belong to it by its id.
package enum SequenceUpdate: Hashable, Sendable {
  /// Prompt tokens computed by all stages, out of all.
  case prefillProgress(SequenceID, done: Int, total: Int)
  /// A new token, never a stop token.
  case token(SequenceID, SampledToken)
  /// Last: nothing more comes, its pages are free.
  case finished(SequenceID, FinishReason)
  /// Last: a stage could not continue it.
  case failed(SequenceID, reason: String)
}
