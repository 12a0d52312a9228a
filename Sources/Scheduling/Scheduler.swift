package import Core

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
  package internal(set) var limits: SchedulerLimits
  /// Whose turn it is to decode, where requests have turns; nil lets all. Prompts are read at any time.
  package var turn: Int?

  var waiting: [WaitingRequest] = []
  var active: [SequenceID: ActiveSequence] = [:]
  /// Running sequences with unsent prompt tokens, in order of admission.
  var readingPrompts: [SequenceID] = []
  /// Running sequences whose last token is known and unsent, longest ready first.
  var readyDecodes: [SequenceID] = []
  /// Oldest first.
  var inFlight: [InFlightStep] = []
  var pendingReleases: [SequenceID] = []
  /// What the first step of a plan tells the stages to go on with.
  var resumes: [ResumedSequence] = []
  /// Stages hold what nobody needs any more, and only a step can tell them.
  var clearsStages = false
  var pages: PageAllocator
  var nextStepNumber: UInt64 = 1
  /// What the slowest stage last took for a prompt token; nil before that is known.
  var secondsPerPromptToken: Double?
  /// What decodes took under the plan in force.
  var decodePace = DecodeBatchTuner()

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
    pages = PageAllocator(pageCount: limits.pageCount)
    forgetSteps()
    return lost.sorted()
  }

  /// Whether the step's result was taken already: another one is a repetition.
  package func isCompleted(_ step: UInt64) -> Bool { step < inFlight.first?.step ?? nextStepNumber }

  /// The live sequences of the oldest step in flight; empty when none is.
  package var oldestStepSequences: [SequenceID] {
    inFlight.first?.entries.map(\.sequence).filter { active[$0]?.isCancelled == false } ?? []
  }

  /// Running sequences that are not cancelled, oldest first.
  package var runningSequences: [SequenceID] {
    active.values.filter { !$0.isCancelled }.map(\.request.sequence).sorted()
  }

  /// Steps in flight, if all of them are of decodes alone.
  var decodeStepCount: Int? { inFlight.allSatisfy(\.isOfDecodesAlone) ? inFlight.count : nil }

  mutating func forgetSteps() {
    readingPrompts = []
    readyDecodes = []
    inFlight = []
    pendingReleases = []
    resumes = []
    clearsStages = false
    nextStepNumber = 1
    decodePace = DecodeBatchTuner()
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
    pages.free(ended.neighborPages)
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
    let tokenCount: Int
    /// Tokens the stages have of the sequence after this step.
    let endPosition: Int
    let samples: Bool
  }
  let step: UInt64
  let entries: [Entry]
  let releases: [SequenceID]
  let sent: Duration?
  /// Steps in flight when it was sent, it among them; nil if not all of them were of decodes alone.
  var decodeStepCount: Int?
  var isOfDecodesAlone: Bool { !entries.isEmpty && !entries.contains { $0.isPrompt } }
  var carriesDecodes: Bool { entries.contains { !$0.isPrompt } }
  var promptTokenCount: Int { entries.reduce(0) { $0 + ($1.isPrompt ? $1.tokenCount : 0) } }
}
