package import Core

/// What a new plan makes of the running sequences, in tokens of all of them together.
package struct RecoveryReport: Hashable, Sendable {
  /// Sequences that no stage reads again.
  package var keptSequenceCount = 0
  /// Sequences, and their tokens, that some stages read again out of what others kept.
  package var replayedSequenceCount = 0
  package var replayedTokenCount = 0
  /// Sequences, and their tokens, that every stage reads again from the beginning.
  package var rereadSequenceCount = 0
  package var rereadTokenCount = 0
  /// Sequences that do not fit the new plan; they are forgotten.
  package var lost: [SequenceID] = []
}

extension Scheduler {
  /// The plan is over: nothing is in flight any more, and results of old steps are refused from now on. Sequences and
  /// their pages stay as they are until `resume`.
  package mutating func suspend(after end: InterruptionCause) {
    for (id, sequence) in active {
      if sequence.isCancelled {
        pages.free(sequence.pages)
        pages.free(sequence.neighborPages)
        active[id] = nil
      } else {
        active[id]?.suspend(after: end)
      }
    }
    forgetSteps()
  }

  /// Running sequences that must be taken for the cause why plans end, oldest first: `PoisonRequestDetector` says why.
  package var poisonedSequences: [SequenceID] {
    runningSequences.filter { active[$0]?.poisonRequests.isProof ?? false }
  }

  /// The oldest sequence that is to run alone. One that waits for its turn to decode holds nobody up.
  var suspect: SequenceID? {
    active.values
      .filter { $0.poisonRequests.isGrave && !$0.isCancelled && ($0.hasUnreadTokens || hasTurn($0.request.sequence)) }
      .map(\.request.sequence).min()
  }

  /// A new plan is in force: every running sequence goes on where all stages had it, oldest first, after the stages
  /// that lack it have read it again; from its first token where that is all of them. Nothing that was reported is
  /// reported again.
  ///
  /// - Parameters:
  ///   - stagesHold: whether any stage has sequences, which must be told when there is none to go on with.
  ///   - rebuilding: the stages of the new plan that lack the first `length` tokens of a sequence.
  package mutating func resume(
    limits: SchedulerLimits, stagesHold: Bool, rebuilding: (SequenceID, _ length: Int) -> StageSet
  ) -> RecoveryReport {
    suspend(after: .unrelated)
    clearsStages = stagesHold && active.isEmpty
    guard limits.hasPages(of: self.limits) else { return restart(limits: limits) }
    self.limits = limits
    var report = RecoveryReport()
    for id in active.keys.sorted() {
      guard let length = active[id]?.resumableCount else { continue }
      let stages = rebuilding(id, length)
      if length == 0 || stages.count >= limits.stageCount {
        active[id]?.rewind()
        report.rereadSequenceCount += 1
        report.rereadTokenCount += length
      } else {
        active[id]?.resume(rebuilding: stages)
        resumes.append(ResumedSequence(sequence: id, length: length, rebuilding: stages))
        report.keptSequenceCount += stages.isEmpty ? 1 : 0
        report.replayedSequenceCount += stages.isEmpty ? 0 : 1
        report.replayedTokenCount += stages.isEmpty ? 0 : length
      }
      readingPrompts.append(id)
    }
    return report
  }

  /// The new plan has other pages: every running sequence is to be read again from its tokens, prompt and drawn ones
  /// alike, oldest first, into pages given out anew.
  private mutating func restart(limits: SchedulerLimits) -> RecoveryReport {
    self.limits = limits
    let running = active.values.sorted { $0.request.sequence < $1.request.sequence }
    active = [:]
    pages = PageAllocator(pageCount: limits.pageCount)
    var report = RecoveryReport()
    for var sequence in running {
      let id = sequence.request.sequence
      guard active.count < limits.maximumRunningSequences, sequence.tokens.count <= limits.contextLength,
        let tokenPages = pages.allocate(sequence.pages.count),
        let neighborPages = pages.allocate(sequence.neighborPages.count)
      else {
        report.lost.append(id)
        continue
      }
      report.rereadSequenceCount += 1
      report.rereadTokenCount += sequence.resumableCount
      sequence.rewind(pages: tokenPages, neighborPages: neighborPages)
      active[id] = sequence
      readingPrompts.append(id)
    }
    return report
  }
}

extension SchedulerLimits {
  /// Whether sequences that run under the other limits can stay on their pages.
  fileprivate func hasPages(of other: SchedulerLimits) -> Bool {
    pageCount == other.pageCount && contextLength == other.contextLength && chunkTokenCount == other.chunkTokenCount
      && maximumRunningSequences >= other.maximumRunningSequences
  }
}
