import Core

/// What happens when pages run out: the youngest sequence of the least priority gives up its own, goes back to the head
/// of the waiting line, and is computed again from its tokens, prompt and sampled ones alike, as after a loss. The
/// bytes of its answer are the same, and nothing is reported twice.
///
/// No two sequences take pages from each other for ever. Of those that run, the oldest of the highest priority is never
/// preempted while another can be, and alone it fits, so it ends. One that was preempted is spared until it has a token
/// more than then, for which it has the page since its admission.
extension SequenceTable {
  /// How many of a sequence's next tokens have pages, after others were preempted where none had; 0 when it must wait
  /// for pages, or has lost its own.
  /// - Parameters:
  ///   - suspect: the one that runs alone.
  ///   - waiting: gets the sequences that are to wait again, as they are now.
  mutating func room(
    for id: SequenceID, tokenCount: Int, suspect: SequenceID?, waiting: inout [ActiveSequence]
  ) -> Int {
    guard tokenCount > 0 else { return tokenCount }
    while self[id]?.isEnding == false {
      let count = makeRoom(for: id, tokenCount: tokenCount)
      if count > 0 { return count }
      // While steps of a victim are in flight, or other pages are about to be free, which are enough or not, it waits.
      guard !isDraining, let victim = victim(suspect: suspect) else { return 0 }
      preempt(victim)
      guard let preempted = endIfDrained(victim) else { return 0 }
      waiting.append(preempted)
    }
    return 0
  }

  /// The one that runs alone is spared, and none for its sake: the others do not come further meanwhile.
  private func victim(suspect: SequenceID?) -> SequenceID? {
    all.filter { suspect == nil ? $0.isPreemptible : $0.id != suspect }
      .max { ($0.request.generation.priority, $0.id) < ($1.request.generation.priority, $1.id) }?.id
  }
}
