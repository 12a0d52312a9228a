import Core

extension Scheduler {
  /// How many of a sequence's next tokens have pages; 0 when it must wait for them.
  mutating func room(for id: SequenceID, tokenCount: Int, suspect: SequenceID?) -> Int {
    guard limits.growsPages else { return tokenCount }
    var preempted: [ActiveSequence] = []
    defer { for sequence in preempted { waitAgain(sequence) } }
    return sequences.room(for: id, tokenCount: tokenCount, suspect: suspect, waiting: &preempted)
  }

  /// Puts a sequence without pages at the head of the waiting line.
  mutating func waitAgain(_ sequence: ActiveSequence) {
    waiting.append(
      WaitingRequest(
        request: sequence.request, needs: PageNeeds(of: sequence.request, limits: limits), since: .zero,
        preempted: sequence))
  }
}
