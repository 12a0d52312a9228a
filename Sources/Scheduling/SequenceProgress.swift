package import Core

/// How far one request is. For people who watch; nothing is decided by it.
package struct SequenceProgress: Hashable, Sendable {
  package enum Phase: String, Sendable {
    /// In the waiting line.
    case waiting
    /// Its prompt is computed, or all its tokens again after a loss.
    case prefill
    case decode
    /// In the waiting line again: its pages were given to another.
    case preempted
  }

  package let sequence: SequenceID
  package let phase: Phase
  package let promptTokenCount: Int
  /// Tokens that all stages have computed, of the prompt and of the answer.
  package let computedTokenCount: Int
  package let generatedTokenCount: Int
  /// The most that may be generated.
  package let maximumNewTokens: Int
  package let pageCount: Int
  package let policy: PositionPolicy
}

extension SequenceProgress {
  fileprivate init(_ sequence: ActiveSequence) {
    self.init(
      sequence: sequence.id, phase: sequence.isPreempted ? .preempted : sequence.isDecoding ? .decode : .prefill,
      promptTokenCount: sequence.promptCount, computedTokenCount: sequence.computedCount,
      generatedTokenCount: sequence.generatedCount, maximumNewTokens: sequence.request.maximumNewTokens,
      pageCount: sequence.heldPages.count, policy: sequence.request.policy)
  }

  fileprivate init(_ waiting: WaitingRequest) {
    let request = waiting.request
    self.init(
      sequence: request.sequence, phase: waiting.preempted == nil ? .waiting : .preempted,
      promptTokenCount: request.prompt.count, computedTokenCount: 0,
      generatedTokenCount: waiting.preempted?.generatedCount ?? 0, maximumNewTokens: request.maximumNewTokens,
      pageCount: 0, policy: request.policy)
  }
}

extension Scheduler {
  /// Running sequences that are not cancelled, oldest first, then the waiting line.
  package var progress: [SequenceProgress] {
    sequences.running.compactMap { sequences[$0] }.map(SequenceProgress.init)
      + waiting.requests.map(SequenceProgress.init)
  }
}
