/// What an operator plans a cluster for: requests of one size, so many at a time.
package struct Workload: Hashable, Sendable, CustomStringConvertible {
  package let promptTokenCount: Int
  package let answerTokenCount: Int
  package let sequenceCount: Int

  /// Nil where a count is below 1, tokens together exceed `Limits.maximumContext`, or sequences
  /// `Limits.maximumStepEntryCount`.
  package init?(promptTokenCount: Int, answerTokenCount: Int, sequenceCount: Int) {
    let tokens = 1...Limits.maximumContext
    guard tokens.contains(promptTokenCount), tokens.contains(answerTokenCount),
      promptTokenCount + answerTokenCount <= Limits.maximumContext,
      (1...Limits.maximumStepEntryCount).contains(sequenceCount)
    else { return nil }
    self.promptTokenCount = promptTokenCount
    self.answerTokenCount = answerTokenCount
    self.sequenceCount = sequenceCount
  }

  /// What a context is planned for where the operator says no more: an eighth of it, at most 1,024 tokens, is answer.
  /// Counts out of range are taken for the nearest.
  package init(contextLength: Int, sequenceCount: Int) {
    let context = max(2, min(contextLength, Limits.maximumContext))
    answerTokenCount = max(1, min(1024, context / 8))
    promptTokenCount = context - answerTokenCount
    self.sequenceCount = max(1, min(sequenceCount, Limits.maximumStepEntryCount))
  }

  /// Prompt and answer together.
  package var contextLength: Int { promptTokenCount + answerTokenCount }

  package var description: String { "\(promptTokenCount):\(answerTokenCount):\(sequenceCount)" }
}
