/// What a stage still has of a sequence when it is assigned the same layers again.
package struct ResidentSequence: Hashable, Sendable {
  package let sequence: SequenceID
  /// Tokens whose keys and values are in its cache.
  package let length: Int
  /// Tokens, from the first on, whose hidden states it can send to the next stage again.
  package let loggedCount: Int

  package init(sequence: SequenceID, length: Int, loggedCount: Int) {
    self.sequence = sequence
    self.length = length
    self.loggedCount = loggedCount
  }
}

/// Where a sequence continues under a new plan. Every stage but the rebuilding ones cuts what it holds to `length`;
/// they drop what they have of it and compute it again.
package struct ResumedSequence: Hashable, Sendable {
  package let sequence: SequenceID
  /// At least 1.
  package let length: Int
  package let rebuilding: StageSet

  package init(sequence: SequenceID, length: Int, rebuilding: StageSet) {
    self.sequence = sequence
    self.length = length
    self.rebuilding = rebuilding
  }
}
