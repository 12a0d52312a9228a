import Core
import Paging

/// The running sequences, the pages they hold, and the order in which they get into steps.
///
/// A sequence holds its pages from its admission, or from when it grew, to the end of its last step. Full pages of
/// computed tokens are kept beyond that, until another one needs them.
struct SequenceTable: Sendable {
  private(set) var pages: PageAllocator
  private var sequences: [SequenceID: ActiveSequence] = [:]
  /// Sequences with unscheduled tokens to prefill, in order of admission.
  private(set) var prefilling: [SequenceID] = []
  /// Sequences whose newest token is unscheduled, longest ready first.
  private var ready: [SequenceID] = []
  /// What is kept of sequences for others to come.
  private var prefixes = PrefixTree()
  private(set) var prefixTotals = PrefixTotals()
  /// How often a sequence's pages were given to another.
  private(set) var preemptionCount = 0
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

  /// Admits a request when its pages are free, or are once kept ones are evicted. It opens on those that its tokens
  /// begin with.
  /// - Parameter grows: whether it takes more pages as it grows.
  mutating func admit(_ waiting: WaitingRequest, grows: Bool) -> Bool {
    guard canAdmit(waiting, grows: grows) else { return false }
    let request = waiting.request
    let reservation = waiting.needs.reservation(tokenCount: waiting.tokens.count, grows: grows)
    let cached = request.scope.map { prefixes.use(waiting.tokens, limit: waiting.shareableTokenCount, in: $0) } ?? []
    // Held from here on, so that they are not evicted for their own request.
    pages.share(cached)
    evict(reservation.total - cached.count - pages.freeCount)
    guard let tokenPages = pages.allocate(reservation.tokenPageCount - cached.count),
      let neighborPages = pages.allocate(reservation.neighborPageCount)
    else { preconditionFailure("\(request.sequence) was admitted without pages") }
    if var sequence = waiting.preempted {
      sequence.rewind(pages: cached + tokenPages, neighborPages: neighborPages, cachedPageCount: cached.count)
      insert(sequence)
      return true
    }
    if request.scope != nil { prefixTotals.note(promptTokenCount: request.prompt.count, cachedPageCount: cached.count) }
    var sequence = ActiveSequence(
      request: request, pages: cached + tokenPages, neighborPages: neighborPages, cachedPageCount: cached.count)
    sequence.awaited = leader(of: request, cachedPageCount: cached.count)
    insert(sequence)
    return true
  }

  /// Whether the request's pages are free, or only kept, and those that it and the others grow into.
  func canAdmit(_ waiting: WaitingRequest, grows: Bool) -> Bool {
    let reservation = waiting.needs.reservation(tokenCount: waiting.tokens.count, grows: grows)
    var needed = reservation.total
    if grows, !sequences.isEmpty { needed += reservation.growthPageCount + sequences.values.count { !$0.isEnding } }
    if needed <= pages.freeCount { return true }
    // Of those it opens on, the ones that others hold, too, are neither free nor to be evicted.
    let cached = cachedPages(for: waiting)
    return needed - cached.count { pages.holderCount(of: $0) > 1 } <= pages.freeCount + pages.keptCount
  }

  private func cachedPages(for waiting: WaitingRequest) -> [PageID] {
    waiting.request.scope.map { prefixes.pages(of: waiting.tokens, limit: waiting.shareableTokenCount, in: $0) } ?? []
  }

  private mutating func insert(_ sequence: ActiveSequence) {
    sequences[sequence.id] = sequence
    prefilling.append(sequence.id)
  }

  // MARK: Pages of running sequences

  /// Takes pages for a sequence's next tokens, as far as they are free or only kept. Returns how many of the tokens
  /// have room now; 0 where none has.
  mutating func makeRoom(for id: SequenceID, tokenCount: Int) -> Int {
    guard let sequence = sequences[id], sequence.roomTokenCount < tokenCount, !sequence.isReplaying else {
      return tokenCount
    }
    let missing = PageCount.of(tokens: tokenCount - sequence.roomTokenCount)
    // What was only guessed takes no more than its first token's page from others.
    for count in [missing, sequence.roomTokenCount > 0 ? 0 : 1] {
      guard count <= pages.freeCount + pages.keptCount else { continue }
      evict(count - pages.freeCount)
      guard let more = pages.allocate(count) else { continue }
      update(id) { $0.grow(more) }
      break
    }
    return min(tokenCount, sequences[id]?.roomTokenCount ?? 0)
  }

  /// Whether pages are about to be free: those of sequences that get no more entries.
  var isDraining: Bool { sequences.values.contains { $0.isEnding } }

  /// Gives a sequence no further entries, so that its pages are free once its steps in flight are completed.
  mutating func preempt(_ id: SequenceID) {
    preemptionCount += 1
    update(id) { $0.isPreempted = true }
    prefilling.removeAll { $0 == id }
    ready.removeAll { $0 == id }
  }

  // MARK: Pages that others compute

  /// The older sequence that computes most of what a prompt begins with beyond its cached pages.
  private func leader(of request: ScheduledRequest, cachedPageCount: Int) -> (leader: SequenceID, pageCount: Int)? {
    guard request.scope != nil else { return nil }
    var best: (leader: SequenceID, pageCount: Int)?
    for other in sequences.values.sorted(by: { $0.id < $1.id })
    where other.request.scope == request.scope && !other.isEnding && other.computedCount < other.promptCount {
      let alike = zip(request.prompt.prefix(request.shareableTokenCount), other.request.prompt).prefix { $0 == $1 }
      let count = alike.count / Limits.pageSize
      if count > max(best?.pageCount ?? 0, cachedPageCount) { best = (other.id, count) }
    }
    return best
  }

  /// Whether another sequence will have computed pages that this one begins with: computing them twice would take as
  /// long for both.
  func awaitsPrefix(_ id: SequenceID) -> Bool {
    guard let sequence = sequences[id], sequence.isUnopened, let awaited = sequence.awaited,
      let leader = sequences[awaited.leader]
    else { return false }
    return !leader.isEnding && leader.computedCount < awaited.pageCount * Limits.pageSize
  }

  /// Whether another one waits for pages that this one computes.
  func isAwaited(_ id: SequenceID) -> Bool { sequences.values.contains { $0.awaited?.leader == id && $0.isUnopened } }

  /// Lets a sequence that no step was given anything of open on all that is kept by now.
  mutating func adoptPrefix(_ id: SequenceID) {
    guard let sequence = sequences[id], sequence.isUnopened, let scope = sequence.request.scope else { return }
    let found = prefixes.pages(of: sequence.tokens, limit: sequence.shareableTokenCount, in: scope)
    let known = sequence.scheduledCount / Limits.pageSize
    guard found.count > known else { return }
    _ = prefixes.use(sequence.tokens, limit: sequence.shareableTokenCount, in: scope)
    pages.share(found)
    pages.release(update(id) { $0.adopt(found) } ?? [])
    if sequence.generatedCount == 0 {
      prefixTotals.noteAdopted(pageCount: found.count - known, isFirst: known == 0)
    }
  }

  /// The prompt with the fewest tokens left, where another one is older.
  var favoredPrompt: SequenceID? {
    guard prefilling.count > 1, let oldest = prefilling.first, sequences[oldest]?.isReplaying == false else {
      return nil
    }
    let shortest = prefilling.filter { !awaitsPrefix($0) }.min { left, right in
      (sequences[left]?.unscheduledCount ?? .max, left) < (sequences[right]?.unscheduledCount ?? .max, right)
    }
    return shortest == oldest ? nil : shortest
  }

  /// Gives a sequence no further entries. It ends once its steps in flight are completed.
  /// - Parameter isKept: whether what it computed is sound.
  mutating func cancel(_ id: SequenceID, isKept: Bool = true) {
    if isKept { keepPrefix(of: id) }
    guard update(id, { $0.isCancelled = true }) != nil else { return }
    prefilling.removeAll { $0 == id }
    ready.removeAll { $0 == id }
    _ = endIfDrained(id)
  }

  /// Releases the pages of a sequence that gets no more entries, once no step of it is in flight.
  /// - Returns: the sequence as it is to wait, if it was preempted.
  mutating func endIfDrained(_ id: SequenceID) -> ActiveSequence? {
    guard var ended = sequences[id], ended.stepsInFlight == 0 else { return nil }
    guard ended.isPreempted, !ended.isCancelled else {
      end(id)
      return nil
    }
    keepPrefix(of: id)
    end(id)
    ended.giveUpPages()
    return ended
  }

  /// Ends a sequence, unless a step of it is in flight.
  mutating func end(_ id: SequenceID) {
    guard let ended = sequences[id], ended.stepsInFlight == 0 else { return }
    sequences[id] = nil
    pages.release(ended.heldPages)
    if ended.isOpened { unreleased.append(id) }
  }

  // MARK: Prefixes

  /// Keeps a sequence's full pages that all stages have computed.
  mutating func keepPrefix(of id: SequenceID) {
    guard let sequence = sequences[id], let scope = sequence.request.scope else { return }
    let (tokens, full) = sequence.computedPages
    pages.keep(prefixes.insert(tokens, pages: full, in: scope))
  }

  /// Drops kept pages until `count` of them are free.
  private mutating func evict(_ count: Int) {
    guard count > 0 else { return }
    let holders = pages
    let evicted = prefixes.evict(count) { holders.holderCount(of: $0) > 1 }
    pages.drop(evicted)
    prefixTotals.evictedPageCount += evicted.count
  }

  private mutating func dropPrefixes() {
    pages.drop(prefixes.pages)
    prefixes.removeAll()
  }

  // MARK: Steps

  mutating func makeReady(_ id: SequenceID) { ready.append(id) }

  /// Those that were taken and got no entry are ready before all others.
  mutating func putBack(_ ids: [SequenceID]) { ready.insert(contentsOf: ids.filter { sequences[$0] != nil }, at: 0) }

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
  /// - Parameter suspects: the sequences that may be the cause, and their positions that were in flight.
  mutating func suspend(after end: InterruptionCause, suspects: [SequenceID: Range<Int>]) {
    dropPrefixes()
    for (id, sequence) in sequences {
      if sequence.isCancelled {
        pages.release(sequence.heldPages)
        sequences[id] = nil
      } else {
        update(id) { $0.suspend(after: end, suspected: suspects[id]) }
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

  /// Forgets everything but what was counted.
  mutating func clear(pageCount: Int? = nil) {
    let (totals, preemptions) = (prefixTotals, preemptionCount)
    self = SequenceTable(pageCount: pageCount ?? pages.pageCount)
    (prefixTotals, preemptionCount) = (totals, preemptions)
  }

  /// Computes every sequence again, oldest first, on the pages of a new allocator; those that share pages still do.
  /// Returns those that stay, those that are to wait because others take their pages, and those that never fit.
  mutating func restart(
    limits: SchedulerLimits
  ) -> (kept: [ActiveSequence], crowded: [ActiveSequence], lost: [SequenceID]) {
    let running = sequences.values.sorted { $0.id < $1.id }
    clear(pageCount: limits.pageCount)
    var moved: [PageID: PageID] = [:]
    var kept: [ActiveSequence] = []
    var crowded: [ActiveSequence] = []
    var lost: [SequenceID] = []
    for var sequence in running {
      let new = sequence.heldPages.filter { moved[$0] == nil }
      let fits = !limits.growsPages || PageNeeds(of: sequence.request, limits: limits).total <= limits.pageCount
      guard sequence.tokens.count <= limits.contextLength, fits else {
        lost.append(sequence.id)
        continue
      }
      guard count < limits.maximumRunningSequences, let allocated = pages.allocate(new.count) else {
        sequence.giveUpPages()
        if limits.growsPages { crowded.append(sequence) } else { lost.append(sequence.id) }
        continue
      }
      pages.share(sequence.heldPages.compactMap { moved[$0] })
      moved.merge(zip(new, allocated)) { first, _ in first }
      kept.append(sequence)
      sequence.rewind(
        pages: sequence.pages.compactMap { moved[$0] }, neighborPages: sequence.neighborPages.compactMap { moved[$0] },
        cachedPageCount: 0)
      insert(sequence)
    }
    return (kept, crowded, lost)
  }

  // MARK: Accounts

  /// Recounts all pages: free and used ones are all there are, and those used are what sequences hold and what is kept.
  func checkIntegrity() throws(PageLeak) {
    try pages.checkIntegrity(held: sequences.values.flatMap(\.heldPages), kept: prefixes.pages)
  }
}
