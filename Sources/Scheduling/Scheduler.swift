package import Inference

/// Continuous batching over pipeline stages, as a value: what runs next, on which pages, and what results
/// mean.
///
/// Life of a request: `submit` puts it in the waiting line; `nextStep` admits from the line's head as soon as
/// pages for its worst case are free (so nothing running is ever evicted) and makes steps; `complete` takes
/// their results in order. A step has room for every ready decode first, then for prompt chunks, oldest
/// prompt first.
///
/// No clock, no I/O: the owner calls `nextStep` until it is nil after every other call, and sends what it
/// returns.
package struct Scheduler: Sendable {
  package let limits: SchedulerLimits

  var waiting: [WaitingRequest] = []
  var active: [SequenceID: ActiveSequence] = [:]
  /// Running sequences with unsent prompt tokens, in order of admission.
  var readingPrompts: [SequenceID] = []
  /// Running sequences whose last token is known and unsent, longest ready first.
  var readyDecodes: [SequenceID] = []
  /// Oldest first.
  var inFlight: [InFlightStep] = []
  var pendingReleases: [SequenceID] = []
  var pages: PageAllocator
  var nextStepNumber: UInt64 = 1

  package init(limits: SchedulerLimits) {
    self.limits = limits
    pages = PageAllocator(pageCount: limits.pageCount)
  }

  /// Puts a request in the waiting line.
  /// - Parameter now: time since any fixed start; only for `longestWait`.
  /// - Precondition: the sequence id is new.
  package mutating func submit(_ request: ScheduledRequest, now: Duration) throws(AdmissionError) {
    precondition(
      active[request.sequence] == nil && !waiting.contains { $0.request.sequence == request.sequence },
      "\(request.sequence) was submitted twice")
    let needs = try PageNeeds(request, limits: limits)
    guard waiting.count < limits.maximumWaitingRequests || canStartNow(needs) else {
      throw .overloaded(limit: limits.maximumWaitingRequests)
    }
    waiting.append(WaitingRequest(request: request, needs: needs, since: now))
  }

  /// Ends a sequence wherever it is: a waiting one is dropped, a running one gets no more entries and gives
  /// its pages back once its steps in flight are completed. Nothing more is reported of it. Unknown ids are
  /// ignored.
  package mutating func cancel(_ sequence: SequenceID) {
    waiting.removeAll { $0.request.sequence == sequence }
    guard active[sequence] != nil else { return }
    active[sequence]?.isCancelled = true
    readingPrompts.removeAll { $0 == sequence }
    readyDecodes.removeAll { $0 == sequence }
    endIfDrained(sequence)
  }

  /// Forgets everything, because a stage and what it cached are gone. Returns the sequences that were waiting
  /// or running and not cancelled, oldest id first. Results of old steps are refused from now on.
  package mutating func failAll() -> [SequenceID] {
    let lost =
      active.values.filter { !$0.isCancelled }.map(\.request.sequence) + waiting.map(\.request.sequence)
    waiting = []
    active = [:]
    readingPrompts = []
    readyDecodes = []
    inFlight = []
    pendingReleases = []
    pages = PageAllocator(pageCount: limits.pageCount)
    return lost.sorted()
  }

  /// Whether the request would run in the very next step, so that a waiting line of length 0 still serves.
  private func canStartNow(_ needs: PageNeeds) -> Bool {
    waiting.isEmpty && active.count < limits.maximumRunningSequences && needs.total <= pages.freeCount
  }

  /// Gives back the pages of an ended sequence once no step of it is in flight.
  mutating func endIfDrained(_ sequence: SequenceID) {
    guard let ended = active[sequence], ended.stepsInFlight == 0 else { return }
    active[sequence] = nil
    pages.free(ended.pages)
    pages.free(ended.nearPages)
    if ended.isOpened { pendingReleases.append(sequence) }
  }
}

/// A request in the waiting line.
struct WaitingRequest: Sendable {
  let request: ScheduledRequest
  let needs: PageNeeds
  let since: Duration
}

/// A step that was sent and not completed.
struct InFlightStep: Sendable {
  struct Entry: Sendable {
    let sequence: SequenceID
    let isPrompt: Bool
    /// Tokens the stages have of the sequence after this step.
    let endPosition: Int
    let samples: Bool
  }
  let step: UInt64
  let entries: [Entry]
  let releases: [SequenceID]
  var carriesDecodes: Bool { entries.contains { !$0.isPrompt } }
}
