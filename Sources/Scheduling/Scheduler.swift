package import Core

/// Continuous batching over pipeline stages, as a value: what runs next, on which pages, and what results mean.
///
/// Life of a request: `submit` puts it in the waiting line; `nextStep` admits whose turn it is (`WaitingLine`) as soon
/// as pages for it (`PageReservation`) are free, or only kept for others, and makes steps; `complete` takes their
/// results in order. A step has room for every ready decode first, then for prompt chunks, oldest prompt first. A
/// sequence that finds no page for its next token takes those of the youngest of the least priority, which waits again.
///
/// No clock, no I/O: the owner calls `nextStep` until it returns nil after every other call, and sends what it returns.
package struct Scheduler: Sendable {
  package internal(set) var limits: SchedulerLimits
  var waiting = WaitingLine()
  var sequences: SequenceTable
  var steps = StepsInFlight()
  /// The sequences that the first step of a plan tells the stages to continue.
  var resumes: [ResumedSequence] = []
  /// Whether stages hold sequences that all have ended, which only a step can tell them.
  var clearsStages = false

  package init(limits: SchedulerLimits) {
    self.limits = limits
    sequences = SequenceTable(pageCount: limits.pageCount)
  }

  /// Puts a request in the waiting line.
  /// - Parameter now: time since any fixed start; only for `WaitingLine.longestWait`.
  /// - Precondition: the sequence id is new.
  /// - Throws: `EngineError` when it can never run here (`contextExceeded`, `neverFits`), or when too many wait
  ///   (`overloaded`, `overloadedTokens`).
  package mutating func submit(_ request: ScheduledRequest, now: Duration) throws(EngineError) {
    precondition(
      sequences[request.sequence] == nil && !waiting.contains(request.sequence),
      "\(request.sequence) was submitted twice")
    let next = WaitingRequest(request: request, needs: try PageNeeds(request, limits: limits), since: now)
    if !canStartNow(next) {
      guard waiting.count < limits.maximumWaitingRequests else {
        throw .overloaded(limit: limits.maximumWaitingRequests)
      }
      // One that is longer than all that may wait waits alone.
      guard waiting.isEmpty || waiting.tokenCount + request.prompt.count <= limits.maximumWaitingTokens else {
        throw .overloadedTokens(limit: limits.maximumWaitingTokens)
      }
    }
    waiting.append(next)
  }

  /// Whether the request would run in the very next step, so that a waiting line of length 0 still serves.
  private func canStartNow(_ next: WaitingRequest) -> Bool {
    waiting.isEmpty && sequences.count < limits.maximumRunningSequences
      && sequences.canAdmit(next, grows: limits.growsPages)
  }

  /// Ends a sequence wherever it is: a waiting one is dropped, a running one gets no more entries and releases its
  /// pages once its steps in flight are completed. Nothing more is reported of it. Unknown ids are ignored.
  package mutating func cancel(_ sequence: SequenceID) {
    waiting.remove(sequence)
    sequences.cancel(sequence)
  }

  /// Proposes tokens to follow a sequence's newest one. Its next decode computes those that the step has room for, and
  /// keeps them as long as they are what is sampled: answers do not depend on them. Ignored unless the sequence waits
  /// for its next decode.
  package mutating func propose(_ draft: [TokenID], for sequence: SequenceID) {
    sequences.update(sequence) { $0.propose(draft) }
  }

  /// Makes a sequence wait after its prefill, or lets it decode. Unknown ids are ignored.
  package mutating func setPaused(_ isPaused: Bool, _ sequence: SequenceID) {
    waiting.setPaused(isPaused, sequence)
    sequences.update(sequence) { $0.isPaused = isPaused }
  }

  /// Forgets everything, because a stage and what it cached are gone. Returns the sequences that were waiting or
  /// running and not cancelled, oldest id first. Results of old steps are refused from now on.
  package mutating func failAll() -> [SequenceID] {
    let lost = sequences.running + waiting.sequences
    waiting.removeAll()
    sequences.clear()
    forgetSteps()
    return lost.sorted()
  }

  /// Whether the step's result was taken already: another one is a repetition.
  package func isCompleted(_ step: UInt64) -> Bool { steps.isCompleted(step) }

  /// Running sequences that are not cancelled, oldest first.
  package var runningSequences: [SequenceID] { sequences.running }

  mutating func forgetSteps() {
    steps.forget()
    resumes = []
    clearsStages = false
  }
}
