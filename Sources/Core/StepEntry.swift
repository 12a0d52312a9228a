/// One sequence's share of a step: consecutive tokens, and what is wanted of them. The scheduler plans it, the wire
/// carries it, every stage computes it.
package struct StepEntry: Hashable, Sendable {
  package var sequence: SequenceID
  /// Position of the first token: at or before the end of the sequence's cache. A stage cuts what it holds beyond it.
  package var startPosition: Int
  /// At least one.
  package var tokens: [TokenID]
  /// Pages to append to the sequence's page table, once it is cut, before the tokens are stored.
  package var newPages: [PageID]
  package var policy: PositionPolicy
  /// Set in the sequence's first entry, and only there.
  package var opening: SequenceStart?
  package var output: StepOutput
  /// The stages that compute these tokens again after a loss, while the others hold them; empty when all compute them.
  package var rebuilding: StageSet

  package init(
    sequence: SequenceID, startPosition: Int, tokens: [TokenID], newPages: [PageID] = [], policy: PositionPolicy,
    opening: SequenceStart? = nil, output: StepOutput = StepOutput(), rebuilding: StageSet = StageSet()
  ) {
    self.sequence = sequence
    self.startPosition = startPosition
    self.tokens = tokens
    self.newPages = newPages
    self.policy = policy
    self.opening = opening
    self.output = output
    self.rebuilding = rebuilding
  }

  /// Position after the last token.
  package var endPosition: Int { startPosition + tokens.count }

  /// Whether the stage runs its layers over the entry.
  package func isComputed(by stage: Int) -> Bool { rebuilding.isEmpty || rebuilding.contains(stage) }

  /// Log-probabilities of tokens that the entry reports.
  package var scoreCount: Int {
    guard let scoresFrom = output.scoresFrom else { return 0 }
    return max(0, endPosition - scoresFrom + (output.followingToken == nil ? 0 : 1))
  }
}
