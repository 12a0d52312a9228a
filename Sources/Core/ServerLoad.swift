/// What an engine is busy with, for those who watch it.
package struct ServerLoad: Hashable, Sendable {
  /// One sequence that runs, or ran and waits for room.
  package struct Running: Hashable, Sendable {
    package let id: Int
    package let promptTokenCount: Int
    /// Of prompt and answer.
    package let computedTokenCount: Int
    package let generatedTokenCount: Int
    /// Tokens that may still come.
    package let remainingTokenCount: Int

    package init(
      id: Int, promptTokenCount: Int, computedTokenCount: Int, generatedTokenCount: Int, remainingTokenCount: Int
    ) {
      self.id = id
      self.promptTokenCount = promptTokenCount
      self.computedTokenCount = computedTokenCount
      self.generatedTokenCount = generatedTokenCount
      self.remainingTokenCount = remainingTokenCount
    }
  }

  /// Sequences of the whole context that run at once; shorter ones may be more.
  package let sequenceLimit: Int
  /// Oldest first.
  package let running: [Running]

  package init(sequenceLimit: Int, running: [Running]) {
    self.sequenceLimit = sequenceLimit
    self.running = running
  }
}
