import Core

/// The running sequences, the pages they hold, and the order in which they get into steps.
///
/// A sequence holds its pages from its admission to the end of its last step, so nothing that runs is ever evicted.
struct SequenceTable: Sendable {
  private(set) var pages: PageAllocator
  private var sequences: [SequenceID: ActiveSequence] = [:]
  /// Sequences with unscheduled tokens to prefill, in order of admission.
  private(set) var prefilling: [SequenceID] = []
  /// Sequences whose newest token is unscheduled, longest ready first.
  private var ready: [SequenceID] = []
  /// Ended sequences that the stages still hold.
  private(set) var unreleased: [SequenceID] = []

  init(pageCount: Int) { pages = PageAllocator(pageCount: pageCount) }

  /// Sequences that hold pages, cancelled ones whose steps are still in flight included.
  var count: Int { sequences.count }
  var isEmpty: Bool { sequences.isEmpty }
  var all: some Collection<ActiveSequence> { sequences.values }
  /// Sequences that are not cancelled, oldest first.
  var running: [SequenceID] { sequences.values.filter { !$0.isCancelled }.map(\.id).sorted() }

  subscript(id: SequenceID) -> ActiveSequence? { sequences[id] }

  /// Changes a sequence in place. Returns nil, and does nothing, when it is not here.
  @discardableResult
  mutating func update<Result>(_ id: SequenceID, _ change: (inout ActiveSequence) -> Result) -> Result? {
    sequences.index(forKey: id).map { change(&sequences.values[$0]) }
  }

  // MARK: Begin and end

  /// Admits a request when its pages are free.
  mutating func admit(_ waiting: WaitingRequest) -> Bool {
    guard waiting.needs.total <= pages.freeCount,
      let tokenPages = pages.allocate(waiting.needs.tokenPageCount),
      let neighborPages = pages.allocate(waiting.needs.neighborPageCount)
    else { return false }
    insert(ActiveSequence(request: waiting.request, pages: tokenPages, neighborPages: neighborPages))
    return true
  }

  private mutating func insert(_ sequence: ActiveSequence) {
    sequences[sequence.id] = sequence
    prefilling.append(sequence.id)
  }

  /// Gives a sequence no further entries. It ends once its steps in flight are completed.
  mutating func cancel(_ id: SequenceID) {
    guard update(id, { $0.isCancelled = true }) != nil else { return }
    prefilling.removeAll { $0 == id }
    ready.removeAll { $0 == id }
    endIfDrained(id)
  }

  /// Releases the pages of an ended sequence once no step of it is in flight.
  mutating func endIfDrained(_ id: SequenceID) {
    guard let ended = sequences[id], ended.stepsInFlight == 0 else { return }
    sequences[id] = nil
    pages.release(ended.heldPages)
    if ended.isOpened { unreleased.append(id) }
  }

  // MARK: Steps

  mutating func makeReady(_ id: SequenceID) { ready.append(id) }

  func readyCount(where isEligible: (ActiveSequence) -> Bool) -> Int {
    ready.count { sequences[$0].map(isEligible) ?? false }
  }

  /// The first `count` ready sequences that are eligible, which are ready no longer.
  mutating func takeReady(_ count: Int, where isEligible: (ActiveSequence) -> Bool) -> [SequenceID] {
    var taken: [SequenceID] = []
    var left: [SequenceID] = []
    for id in ready {
      if taken.count < count, sequences[id].map(isEligible) ?? false { taken.append(id) } else { left.append(id) }
    }
    ready = left
    return taken
  }

  /// Drops the sequences from the prefill order whose last chunk is scheduled.
  mutating func dropPrefilled() { prefilling.removeAll { sequences[$0]?.isPrefilling != true } }

  /// The ended sequences that the next step tells the stages to release.
  mutating func takeUnreleased() -> [SequenceID] {
    defer { unreleased = [] }
    return unreleased
  }

  // MARK: Plans that end

  /// No step is in flight any more, and no stage waits for a release. Sequences and their pages stay until `resume` or
  /// `restart`; cancelled ones end.
  /// - Parameter suspects: the sequences that may be the cause; nil for all that have a step in flight.
  mutating func suspend(after end: InterruptionCause, suspects: Set<SequenceID>? = nil) {
    for (id, sequence) in sequences {
      if sequence.isCancelled {
        pages.release(sequence.heldPages)
        sequences[id] = nil
      } else {
        update(id) { $0.suspend(after: suspects?.contains(id) ?? true ? end : .unrelated) }
      }
    }
    (prefilling, ready, unreleased) = ([], [], [])
  }

  /// Continues every sequence on its pages, oldest first. `change` decides where, with the table's sequence in hand.
  mutating func resume(_ change: (inout ActiveSequence) -> Void) {
    for id in sequences.keys.sorted() {
      update(id, change)
      prefilling.append(id)
    }
  }

  /// Computes every sequence again, oldest first, on the pages of a new allocator. Returns those that do not fit, which
  /// are gone, and the others.
  mutating func restart(limits: SchedulerLimits) -> (kept: [ActiveSequence], lost: [SequenceID]) {
    let running = sequences.values.sorted { $0.id < $1.id }
    self = SequenceTable(pageCount: limits.pageCount)
    var kept: [ActiveSequence] = []
    var lost: [SequenceID] = []
    for var sequence in running {
      guard count < limits.maximumRunningSequences, sequence.tokens.count <= limits.contextLength,
        let tokenPages = pages.allocate(sequence.pages.count),
        let neighborPages = pages.allocate(sequence.neighborPages.count)
      else {
        lost.append(sequence.id)
        continue
      }
      kept.append(sequence)
      sequence.rewind(pages: tokenPages, neighborPages: neighborPages)
      insert(sequence)
    }
    return (kept, lost)
  }

  // MARK: Accounts

  /// Recounts all pages: free and used ones are all there are, and those used are what the sequences hold.
  func checkIntegrity() throws(PageLeak) {
    try pages.checkIntegrity(held: sequences.values.flatMap(\.heldPages))
  }
}
