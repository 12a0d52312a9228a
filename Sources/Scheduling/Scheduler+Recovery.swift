package import Core

/// What a new plan makes of the running sequences, in tokens of all of them together.
package struct RecoveryReport: Hashable, Sendable {
  /// Sequences that no stage computes again.
  package var keptSequenceCount = 0
  /// Sequences, and their tokens, that some stages compute again out of what others kept.
  package var replayedSequenceCount = 0
  package var replayedTokenCount = 0
  /// Sequences, and their tokens, that every stage computes again from the beginning.
  package var rereadSequenceCount = 0
  package var rereadTokenCount = 0
  /// Sequences that do not fit the new plan, running or waiting; they are forgotten.
  package var lost: [SequenceID] = []
}

extension Scheduler {
  /// The plan is over: nothing is in flight any more, and results of old steps are refused from now on. Sequences and
  /// their pages stay as they are until `resume`.
  package mutating func suspend(after end: InterruptionCause) {
    // A failed step is the oldest in flight: the sequences of later steps are innocent.
    sequences.suspend(after: end, suspects: steps.positions(ofOldestStepOnly: end == .stepFailed))
    forgetSteps()
  }

  /// Running sequences that must be taken for the cause why plans end, oldest first: `PoisonRequestDetector` says why.
  package var poisonedSequences: [SequenceID] {
    sequences.all.filter { !$0.isCancelled && $0.poisonRequests.isProof }.map(\.id).sorted()
  }

  /// The oldest sequence that is to run alone. One that is paused after its prefill delays no other.
  var suspect: SequenceID? {
    sequences.all.filter { $0.poisonRequests.isGrave && !$0.isCancelled && ($0.isPrefilling || !$0.isPaused) }
      .map(\.id).min()
  }

  /// A new plan is in force: every running sequence continues where all stages had it, oldest first, after the stages
  /// that lack it have computed it again; from its first token where that is all of them. Nothing that was reported is
  /// reported again.
  ///
  /// - Parameters:
  ///   - stagesHold: whether any stage has sequences, which it must release when there is none to continue.
  ///   - rebuilding: the stages of the new plan that lack the first `length` tokens of a sequence.
  package mutating func resume(
    limits: SchedulerLimits, stagesHold: Bool, rebuilding: (SequenceID, _ length: Int) -> StageSet
  ) -> RecoveryReport {
    suspend(after: .unrelated)
    clearsStages = stagesHold && sequences.isEmpty
    guard limits.hasPages(of: self.limits) else { return restart(limits: limits) }
    self.limits = limits
    var report = RecoveryReport()
    var resumes: [ResumedSequence] = []
    sequences.resume { sequence in
      let length = sequence.resumableCount
      let stages = rebuilding(sequence.id, length)
      if length == 0 || stages.count >= limits.stageCount {
        sequence.rewind()
        report.rereadSequenceCount += 1
        report.rereadTokenCount += length
      } else {
        sequence.resume(rebuilding: stages)
        resumes.append(ResumedSequence(sequence: sequence.id, length: length, rebuilding: stages))
        report.keptSequenceCount += stages.isEmpty ? 1 : 0
        report.replayedSequenceCount += stages.isEmpty ? 0 : 1
        report.replayedTokenCount += stages.isEmpty ? 0 : length
      }
    }
    self.resumes = resumes
    return report
  }

  /// The new plan has other pages: every running sequence is computed again from its tokens, prompt and sampled ones
  /// alike.
  private mutating func restart(limits: SchedulerLimits) -> RecoveryReport {
    self.limits = limits
    let (kept, crowded, lost) = sequences.restart(limits: limits)
    for sequence in crowded { waitAgain(sequence) }
    var report = RecoveryReport()
    report.rereadSequenceCount = kept.count
    report.rereadTokenCount = kept.reduce(0) { $0 + $1.resumableCount }
    report.lost = lost + waiting.removeAll(beyond: limits.pageCount)
    return report
  }
}

extension SchedulerLimits {
  /// Whether sequences that run under the other limits can stay on their pages.
  fileprivate func hasPages(of other: SchedulerLimits) -> Bool {
    pageCount == other.pageCount && contextLength == other.contextLength && chunkTokenCount == other.chunkTokenCount
      && maximumRunningSequences >= other.maximumRunningSequences && growsPages == other.growsPages
  }
}
