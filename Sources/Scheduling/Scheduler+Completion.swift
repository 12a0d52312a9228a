import Core

extension Scheduler {
  /// Takes the result of the oldest step in flight and returns what it means, entry by entry in the step's
  /// order. Throws, with nothing changed, when the result is not that step's.
  package mutating func complete(_ completion: StepCompletion) throws(CompletionError) -> [SequenceUpdate] {
    let (entries, sampled) = try steps.complete(completion)
    var updates: [SequenceUpdate] = []
    for planned in entries {
      let id = planned.entry.sequence
      if let reason = completion.failed[id] {
        fail(id, reason: reason, to: &updates)
      } else {
        apply(planned.entry, sampled: sampled[id] ?? [], to: &updates)
      }
    }
    return updates
  }

  /// A stage could not continue the sequence: it ends, and the stages before that one are told to release it.
  private mutating func fail(_ id: SequenceID, reason: String, to updates: inout [SequenceUpdate]) {
    let isCancelled = sequences.update(id) {
      $0.stepsInFlight -= 1
      return $0.isCancelled
    }
    guard let isCancelled else { return }
    if !isCancelled { updates.append(.failed(id, reason: reason)) }
    sequences.cancel(id, isKept: false)
  }

  private mutating func apply(_ entry: StepEntry, sampled: [SampledToken], to updates: inout [SequenceUpdate]) {
    let id = entry.sequence
    var hasPrefilled = false
    let reason = sequences.update(id) { sequence -> FinishReason? in
      sequence.stepsInFlight -= 1
      guard !sequence.isCancelled else { return nil }
      let (emitted, computedEnd, end) = sequence.accept(sampled, of: entry)
      if let done = sequence.noteComputed(upTo: computedEnd) {
        updates.append(.prefillProgress(id, done: done, total: sequence.promptCount))
        hasPrefilled = done == sequence.promptCount
      }
      updates += emitted.map { .token(id, $0) }
      // With nothing to sample, the prompt's end is the end.
      return sampled.isEmpty && computedEnd == sequence.tokens.count ? .length : end
    }
    guard let sequence = sequences[id] else { return }
    if sequence.isCancelled { return endIfDrained(id) }
    let end = reason ?? nil
    // Others may begin with its prompt while it still runs, and with its answer afterwards; those that wait for a part
    // of its prompt begin as soon as that is there.
    if hasPrefilled || end != nil || sequences.isAwaited(id) { sequences.keepPrefix(of: id) }
    if let end {
      updates.append(.finished(id, end))
      sequences.end(id)
    } else if sequence.isPreempted {
      endIfDrained(id)
    } else if !sampled.isEmpty {
      sequences.makeReady(id)
    }
  }

  /// Ends a sequence that gets no more entries, or lets it wait again, once none is in flight.
  mutating func endIfDrained(_ id: SequenceID) {
    if let preempted = sequences.endIfDrained(id) { waitAgain(preempted) }
  }
}
