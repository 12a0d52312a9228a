package import Core

/// Continuous batching over pipeline stages, as a value: what runs next, on which pages, and what results mean.
///
/// Life of a request: `submit` puts it in the waiting line; `nextStep` admits from the line's head as soon as pages for
/// its worst case are free, and makes steps; `complete` takes their results in order. A step has room for every ready
/// decode first, then for prompt chunks, oldest prompt first.
///
/// No clock, no I/O: the owner calls `nextStep` until it returns nil after every other call, and sends what it returns.
package struct Scheduler: Sendable {
  package internal(set) var limits: SchedulerLimits
  var waiting: [WaitingRequest] = []
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
  /// - Parameter now: time since any fixed start; only for `longestWait`.
  /// - Precondition: the sequence id is new.
  /// - Throws: `EngineError` when it can never run here (`contextExceeded`, `neverFits`), or when too many wait
  ///   (`overloaded`).
  package mutating func submit(_ request: ScheduledRequest, now: Duration) throws(EngineError) {
    precondition(
      sequences[request.sequence] == nil && !waiting.contains { $0.request.sequence == request.sequence },
      "\(request.sequence) was submitted twice")
    let needs = try PageNeeds(request, limits: limits)
    let next = WaitingRequest(request: request, needs: needs, since: now)
    guard waiting.count < limits.maximumWaitingRequests || canStartNow(next) else {
      throw .overloaded(limit: limits.maximumWaitingRequests)
    }
    waiting.append(next)
  }

  /// Whether the request would run in the very next step, so that a waiting line of length 0 still serves.
  private func canStartNow(_ next: WaitingRequest) -> Bool {
    waiting.isEmpty && sequences.count < limits.maximumRunningSequences && sequences.canAdmit(next)
  }

  /// Ends a sequence wherever it is: a waiting one is dropped, a running one gets no more entries and releases its
  /// pages once its steps in flight are completed. Nothing more is reported of it. Unknown ids are ignored.
  package mutating func cancel(_ sequence: SequenceID) {
    waiting.removeAll { $0.request.sequence == sequence }
    sequences.cancel(sequence)
  }

  /// Makes a sequence wait after its prefill, or lets it decode. Unknown ids are ignored.
  package mutating func setPaused(_ isPaused: Bool, _ sequence: SequenceID) {
    for index in waiting.indices where waiting[index].request.sequence == sequence {
      waiting[index].request.startsPaused = isPaused
    }
    sequences.update(sequence) { $0.isPaused = isPaused }
  }

  /// Forgets everything, because a stage and what it cached are gone. Returns the sequences that were waiting or
  /// running and not cancelled, oldest id first. Results of old steps are refused from now on.
  package mutating func failAll() -> [SequenceID] {
    let lost = sequences.running + waiting.map(\.request.sequence)
    waiting = []
    sequences = SequenceTable(pageCount: limits.pageCount)
    forgetSteps()
    return lost.sorted()
  }

  /// Whether the step's result was taken already: another one is a repetition.
  package func isCompleted(_ step: UInt64) -> Bool { steps.isCompleted(step) }

  /// The live sequences of the oldest step in flight; empty when none is.
  var oldestStepSequences: [SequenceID] {
    steps.oldest?.entries.map(\.entry.sequence).filter { sequences[$0]?.isCancelled == false } ?? []
  }

  /// Running sequences that are not cancelled, oldest first.
  package var runningSequences: [SequenceID] { sequences.running }

  mutating func forgetSteps() {
    steps.forget()
    resumes = []
    clearsStages = false
  }
}

/// A request in the waiting line.
struct WaitingRequest: Sendable {
  var request: ScheduledRequest
  let needs: PageNeeds
  let since: Duration
}
