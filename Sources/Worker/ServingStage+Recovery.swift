import Backend
import Core
import Wire

/// How a stage resumes its sequences under another epoch.
extension ServingStage {
  /// The sequences it can resume, as many as a message takes.
  var residentSequences: [ResidentSequence] {
    Array(sequences.all { log.count(of: $0) }.prefix(WireLimits.maximumResidentSequenceCount))
  }

  func forgetSequences() {
    sequences = Self.sequences(assignment, backend.facts)
    log.retain([:])
    sequencesEpoch = nil
  }

  /// The first step of an epoch says which sequences resume, and from where.
  func resume(_ header: ForwardHeader, progress: () -> Void) throws {
    sequencesEpoch = nil
    try restore(try sequences.resume(header.resumes, stage: assignment.place.index), progress: progress)
    log.retain(
      Dictionary(
        header.resumes.filter { !$0.rebuilding.contains(assignment.place.index) }.map { ($0.sequence, $0.length) }
      ) { first, _ in first })
    sequencesEpoch = header.epoch
  }

  func restore(_ restorations: [NeighborRestoration], progress: () -> Void) throws {
    for restoration in restorations {
      try backend.restoreNeighborKeys(of: restoration.cache, blocks: restoration.blocks)
      progress()
    }
  }

  func release(_ ended: [SequenceID]) {
    sequences.release(ended)
    for sequence in ended { log.remove(sequence) }
  }

  /// What the next stage reads again and this one holds must be in the log.
  func checkLogged(_ entries: [StepEntry]) throws {
    guard !isLast else { return }
    for entry in entries
    where !entry.isComputed(by: assignment.place.index) && entry.isComputed(by: assignment.place.index + 1) {
      let end = entry.endPosition
      guard log.count(of: entry.sequence) >= end else {
        throw StepError.notLogged(entry.sequence, entry.startPosition..<end)
      }
    }
  }
}
