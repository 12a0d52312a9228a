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
  /// What is kept of sequences for others to come.
  private(set) var prefixes: [PrefixID: KeptPrefix] = [:]
  private var nextPrefix: UInt64 = 1
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

  /// Admits a request when its pages are free, or are once prefixes are dropped: oldest first, its own last.
  mutating func admit(_ waiting: WaitingRequest) -> Bool {
    if open(waiting) { return true }
    guard canAdmit(waiting) else { return false }
    let own = waiting.request.prefix
    for id in prefixes.keys.sorted().filter({ $0 != own }) + [own].compactMap({ $0 }) {
      dropPrefix(id)
      if open(waiting) { return true }
    }
    return false
  }

  /// Whether the request's pages are free, or held by prefixes alone.
  func canAdmit(_ waiting: WaitingRequest) -> Bool {
    let cached = cachedPages(for: waiting.request)
    return waiting.needs.total - cached.count <= pages.freeCount + droppablePageCount(except: cached)
  }

  /// Pages that prefixes alone hold, without those that the request itself opens on.
  private func droppablePageCount(except cached: ArraySlice<PageID>) -> Int {
    var counts: [PageID: Int] = [:]
    for prefix in prefixes.values {
      for page in prefix.pages { counts[page, default: 0] += 1 }
    }
    for page in cached { counts[page] = nil }
    return counts.count { pages.holderCount(of: $0.key) == $0.value }
  }

  private func cachedPages(for request: ScheduledRequest) -> ArraySlice<PageID> {
    request.prefix.flatMap { prefixes[$0] }?.pages(for: request) ?? []
  }

  private mutating func open(_ waiting: WaitingRequest) -> Bool {
    let cached = Array(cachedPages(for: waiting.request))
    guard waiting.needs.total - cached.count <= pages.freeCount,
      let tokenPages = pages.allocate(waiting.needs.tokenPageCount - cached.count),
      let neighborPages = pages.allocate(waiting.needs.neighborPageCount)
    else { return false }
    pages.share(cached)
    insert(
      ActiveSequence(
        request: waiting.request, pages: cached + tokenPages, neighborPages: neighborPages,
        cachedPageCount: cached.count))
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

  // MARK: Prefixes

  mutating func keepPrefix(of id: SequenceID) -> PrefixID? {
    guard let prefix = sequences[id]?.prefix else { return nil }
    pages.share(prefix.pages)
    let id = PrefixID(rawValue: nextPrefix)
    nextPrefix += 1
    prefixes[id] = prefix
    return id
  }

  mutating func dropPrefix(_ id: PrefixID) {
    if let prefix = prefixes.removeValue(forKey: id) { pages.release(prefix.pages) }
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
  /// `restart`; cancelled ones end, and prefixes, whose bytes a stage may have lost, are dropped.
  /// - Parameter suspects: the sequences that may be the cause; nil for all that have a step in flight.
  mutating func suspend(after end: InterruptionCause, suspects: Set<SequenceID>? = nil) {
    for id in Array(prefixes.keys) { dropPrefix(id) }
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

  /// Computes every sequence again, oldest first, on the pages of a new allocator; those that share pages still do.
  /// Returns those that do not fit, which are gone, and the others.
  mutating func restart(limits: SchedulerLimits) -> (kept: [ActiveSequence], lost: [SequenceID]) {
    let running = sequences.values.sorted { $0.id < $1.id }
    let nextPrefix = nextPrefix
    self = SequenceTable(pageCount: limits.pageCount)
    self.nextPrefix = nextPrefix
    var moved: [PageID: PageID] = [:]
    var kept: [ActiveSequence] = []
    var lost: [SequenceID] = []
    for var sequence in running {
      let new = sequence.heldPages.filter { moved[$0] == nil }
      guard count < limits.maximumRunningSequences, sequence.tokens.count <= limits.contextLength,
        let allocated = pages.allocate(new.count)
      else {
        lost.append(sequence.id)
        continue
      }
      pages.share(sequence.heldPages.compactMap { moved[$0] })
      moved.merge(zip(new, allocated)) { first, _ in first }
      kept.append(sequence)
      sequence.rewind(
        pages: sequence.pages.compactMap { moved[$0] }, neighborPages: sequence.neighborPages.compactMap { moved[$0] })
      insert(sequence)
    }
    return (kept, lost)
  }

  // MARK: Accounts

  /// Recounts all pages: free and used ones are all there are, and those used are what sequences and prefixes hold.
  func checkIntegrity() throws(PageLeak) {
    try pages.checkIntegrity(held: sequences.values.flatMap(\.heldPages) + prefixes.values.flatMap(\.pages))
  }
}
