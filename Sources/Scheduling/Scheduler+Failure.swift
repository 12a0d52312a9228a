package import Inference

extension Scheduler {
  /// Takes note that a stage could not compute the oldest step in flight. Its live sequences are cancelled
  /// and returned, in the step's order: some stages have their tokens and some have not, so none of them can
  /// go on. The step's releases are announced again, since the stages behind the failed one never saw them.
  package mutating func abandon(step number: UInt64) throws(CompletionError) -> [SequenceID] {
    guard let step = inFlight.first, step.step == number else {
      throw .unexpectedStep(step: number, expected: inFlight.first?.step)
    }
    inFlight.removeFirst()
    pendingReleases = step.releases + pendingReleases
    var lost: [SequenceID] = []
    for entry in step.entries {
      guard let sequence = active[entry.sequence] else { continue }
      if !sequence.isCancelled { lost.append(entry.sequence) }
      active[entry.sequence]?.stepsInFlight -= 1
      cancel(entry.sequence)
    }
    return lost
  }
}
