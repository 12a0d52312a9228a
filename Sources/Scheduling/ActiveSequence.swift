import Core
import Paging

/// A running sequence: its tokens, how many of them were scheduled, and its pages: for its worst case, or for what it
/// has so far.
///
/// Prompt and sampled tokens are one list, and `scheduledCount` says how many of them steps were given. So prefill,
/// decode, and computing everything again after a loss are one operation.
struct ActiveSequence: Sendable {
  let request: ScheduledRequest
  /// One for `Limits.pageSize` tokens, in order. The first may be shared with other holders.
  private(set) var pages: [PageID]
  private(set) var neighborPages: [PageID]
  private(set) var tokens: [TokenID]
  /// Tokens that steps were given, those in flight included.
  private(set) var scheduledCount = 0
  /// Tokens that all stages have computed since the sequence was last opened.
  private(set) var computedCount = 0
  /// Prompt tokens reported as computed, so that computing them again reports nothing twice.
  private(set) var reportedCount = 0
  /// Tokens known when the sequence was last opened or resumed. These are prefilled; later ones are decoded.
  private var prefillEnd: Int
  /// Of the pages, those that other entries have filled: the sequence opens after them.
  private var cachedPageCount: Int
  /// Tokens proposed to follow the newest one. The next decode computes them along, and keeps those that are sampled.
  private var draft: [TokenID] = []
  private var lookup = PromptLookup()
  private var draftLength = DraftLength()
  /// Whether stages know of it, so that they must hear of its end.
  private(set) var isOpened = false
  /// Whether all stages hold what `computedCount` says: false from a resumption until the stages that lack it have
  /// computed it.
  private var isWhole = true
  /// What some stages compute again before all continue.
  private var replay: Replay?
  /// Steps that carry an entry of it and are not completed.
  var stepsInFlight = 0
  var isCancelled = false
  /// Whether it gets no more entries, and waits for pages again once its steps in flight are completed.
  var isPreempted = false
  /// Tokens that it had generated when it was last preempted; nil if it never was.
  private var generatedCountAtPreemption: Int?
  /// Which older sequence computes pages that this one begins with, too, and how many; nil when none does.
  var awaited: (leader: SequenceID, pageCount: Int)?
  /// Whether it waits after its prefill instead of decoding.
  var isPaused: Bool
  private(set) var poisonRequests = PoisonRequestDetector()

  private struct Replay {
    let stages: StageSet
    var scheduledCount = 0
    let end: Int
  }

  /// - Parameter cachedPageCount: pages, of those given, that begin with what the prompt begins with.
  init(request: ScheduledRequest, pages: [PageID], neighborPages: [PageID], cachedPageCount: Int) {
    self.request = request
    self.pages = pages
    self.neighborPages = neighborPages
    self.cachedPageCount = cachedPageCount
    scheduledCount = cachedPageCount * Limits.pageSize
    tokens = request.prompt
    prefillEnd = tokens.count
    isPaused = request.startsPaused
  }

  var id: SequenceID { request.sequence }
  var promptCount: Int { request.prompt.count }
  var generatedCount: Int { tokens.count - promptCount }
  /// Whether it has tokens to prefill that no step was given.
  var isPrefilling: Bool { isReplaying || scheduledCount < prefillEnd }
  var isReplaying: Bool { replay != nil }
  /// Tokens to prefill that no step was given.
  var unscheduledCount: Int { prefillEnd - scheduledCount }
  /// Where it can continue under another plan: what all stages have computed, but one token must be left to schedule.
  var resumableCount: Int { min(computedCount, tokens.count - 1) }
  /// Whether its next step (or the one in flight) decodes.
  var isDecoding: Bool { generatedCount > 0 && !isPrefilling && !isEnding }
  /// Whether it gets no more entries.
  var isEnding: Bool { isCancelled || isPreempted }
  /// Whether it may be preempted: not again before it has a token more than the last time.
  var isPreemptible: Bool { !isEnding && generatedCount > generatedCountAtPreemption ?? -1 }
  /// Tokens, from the first one on, that it needs no rows of, so that it may open on pages with them.
  var shareableTokenCount: Int { generatedCount > 0 ? tokens.count - 1 : request.shareableTokenCount }
  /// Tokens that its pages have room for beyond those that were scheduled.
  var roomTokenCount: Int { pages.count * Limits.pageSize - scheduledCount }
  /// Whether no step was given anything of it since it was last opened.
  var isUnopened: Bool { !isOpened && !isReplaying && scheduledCount == cachedPageCount * Limits.pageSize }
  var heldPages: [PageID] { pages + neighborPages }

  /// Its full pages that all stages have computed, and their tokens; none while a stage may lack them, or once its end
  /// was decided.
  var computedPages: (tokens: [TokenID], pages: [PageID]) {
    let count = isWhole && !isCancelled ? computedCount / Limits.pageSize : 0
    return (Array(tokens.prefix(count * Limits.pageSize)), Array(pages.prefix(count)))
  }

  // MARK: Plans that end

  /// Nothing of it is in flight any more.
  /// - Parameter suspected: positions that were, where it may be the cause.
  mutating func suspend(after end: InterruptionCause, suspected: Range<Int>?) {
    isPreempted = false
    awaited = nil
    if let suspected { poisonRequests.note(end, inFlight: suspected) }
    stepsInFlight = 0
    replay = nil
    draft = []
    // A stage that is lost has lost the pages, too; those that are not compute them again as well.
    cachedPageCount = 0
    isWhole = false
  }

  /// The stages hold nothing of it any more: all its tokens are computed again, into these pages, but for those in the
  /// first ones that other entries have filled.
  mutating func rewind(pages: [PageID], neighborPages: [PageID], cachedPageCount: Int) {
    self.pages = pages
    self.neighborPages = neighborPages
    self.cachedPageCount = cachedPageCount
    rewind()
    scheduledCount = cachedPageCount * Limits.pageSize
  }

  mutating func rewind() {
    isOpened = false
    isWhole = true
    replay = nil
    scheduledCount = 0
    computedCount = 0
    prefillEnd = tokens.count
  }

  /// Continues where all stages have it, once the given ones have computed it again up to there.
  mutating func resume(rebuilding stages: StageSet) {
    scheduledCount = resumableCount
    prefillEnd = tokens.count
    replay = stages.isEmpty ? nil : Replay(stages: stages, end: resumableCount)
    isWhole = stages.isEmpty
  }

  // MARK: Pages

  mutating func grow(_ more: [PageID]) { pages += more }

  /// Opens it on pages that have come to hold what it begins with. Returns those it had in their place.
  /// - Precondition: it is unopened, and has at least as many pages.
  mutating func adopt(_ cached: [PageID]) -> [PageID] {
    precondition(isUnopened && cached.count <= pages.count, "\(id) adopts pages behind its beginning")
    let own = Array(pages.prefix(cached.count))
    pages.replaceSubrange(..<cached.count, with: cached)
    cachedPageCount = cached.count
    scheduledCount = cached.count * Limits.pageSize
    return own
  }

  /// Its pages are another's now: it waits, and is computed again from its tokens.
  mutating func giveUpPages() {
    generatedCountAtPreemption = generatedCount
    isPreempted = false
    awaited = nil
    draft = []
    rewind(pages: [], neighborPages: [], cachedPageCount: 0)
  }

  // MARK: Steps

  /// Proposes tokens to follow the newest one. Only a sequence that waits for its next decode takes them; the last
  /// token that it may generate is never proposed, since nothing would be sampled after it.
  mutating func propose(_ tokens: [TokenID]) {
    guard isDecoding, stepsInFlight == 0 else { return }
    draft = Array(tokens.prefix(max(0, request.maximumNewTokens - generatedCount - 1)))
  }

  /// Proposes what followed its newest tokens before, unless something is proposed.
  /// - Parameter price: see `DraftLength`.
  mutating func proposeByLookup(_ mode: SpeculationMode, price: Double) {
    guard draft.isEmpty, isDecoding, stepsInFlight == 0 else { return }
    let found = lookup.draft(after: tokens, limit: DraftLength.most)
    guard !found.isEmpty else { return }
    propose(mode == .auto ? Array(found.prefix(draftLength.tokenCount(price: price))) : found)
  }

  /// Tokens of its next decode: its newest one, and the draft.
  var decodeTokenCount: Int { 1 + draft.count }

  /// Tokens of its next chunk at most.
  var nextChunkTokenCount: Int { replay.map { $0.end - $0.scheduledCount } ?? unscheduledCount }

  /// Whether its next entry, of at most `limit` tokens, asks for logits.
  func asksLogits(limit: Int) -> Bool {
    request.generation.wantsPromptLogits && !isReplaying && scheduledCount < promptCount
      && scheduledCount + limit >= promptCount && tokens.count == promptCount
  }

  /// Makes the entry of the next unscheduled tokens, at most `limit` of them, and counts them as scheduled. An entry
  /// never holds prompt and sampled tokens at once. A decode takes what the limit allows of the draft along.
  /// - Precondition: there is an unscheduled token and `limit` is at least 1.
  mutating func takeEntry(limit: Int) -> PlannedEntry {
    if let replay { return takeEntry(of: replay, limit: limit) }
    let start = scheduledCount
    let isPrefill = isPrefilling
    var end = min(start + limit, start < promptCount ? promptCount : tokens.count)
    // What was pooled and reported is not pooled again.
    if request.pooling == .mean, start < reportedCount { end = min(end, reportedCount) }
    precondition(start < end, "\(id) has nothing to schedule")
    let drafted = isPrefill ? [] : draft.prefix(limit - 1)
    draft = []
    scheduledCount = end
    var entry = nextEntry(start..<end, drafted: drafted)
    entry.output = output(of: start..<end, draftCount: drafted.count)
    return PlannedEntry(entry: entry, isPrefill: isPrefill)
  }

  /// The next tokens of a replay: nothing is sampled after them or reported again.
  private mutating func takeEntry(of replay: Replay, limit: Int) -> PlannedEntry {
    let start = replay.scheduledCount
    let end = min(start + limit, start < promptCount ? min(promptCount, replay.end) : replay.end)
    precondition(start < end, "\(id) has nothing to replay")
    self.replay?.scheduledCount = end
    if end == replay.end { self.replay = nil }
    var entry = nextEntry(start..<end, drafted: [])
    entry.rebuilding = replay.stages
    return PlannedEntry(entry: entry, isPrefill: true)
  }

  private mutating func nextEntry(_ positions: Range<Int>, drafted: ArraySlice<TokenID>) -> StepEntry {
    let start = positions.lowerBound
    let reserved = pages[PageCount.of(tokens: start)..<PageCount.of(tokens: positions.upperBound + drafted.count)]
    let opening = start == cachedPageCount * Limits.pageSize && (start == 0 || !isOpened) ? opening : nil
    stepsInFlight += 1
    isOpened = true
    return StepEntry(
      sequence: id, startPosition: start, tokens: Array(tokens[positions]) + drafted, newPages: Array(reserved),
      policy: request.policy, opening: opening)
  }

  private var opening: SequenceStart {
    var start = SequenceStart(
      sampling: request.generation.sampling, constraint: request.generation.constraint, neighborPages: neighborPages,
      promptTokenCount: promptCount)
    guard cachedPageCount > 0 else { return start }
    start.cachedPrefix = CachedPrefix(
      pages: Array(pages.prefix(cachedPageCount)),
      tokens: start.needsTokens ? Array(tokens.prefix(cachedPageCount * Limits.pageSize)) : [])
    return start
  }

  private func output(of positions: Range<Int>, draftCount: Int) -> StepOutput {
    let (start, end) = (positions.lowerBound, positions.upperBound)
    let last = end - start - 1
    let reachesEnd = end == tokens.count
    var output = StepOutput(topLogprobCount: request.generation.topLogprobCount)
    if reachesEnd, generatedCount < request.maximumNewTokens { output.sampledRows = last..<last + 1 + draftCount }
    if start < promptCount {
      output.scoresFrom = firstScore(start: start, end: end)
      if output.scoresFrom != nil, end < promptCount { output.followingToken = tokens[end] }
      if request.pooling == .mean, start >= reportedCount { output.pooling = .mean }
      if request.pooling == .first, start == 0, reportedCount == 0 { output.pooling = .first }
    }
    guard reachesEnd, end == promptCount else { return output }
    if request.generation.wantsPromptLogits { output.logitsRows = last..<last + 1 }
    if request.pooling == .last { output.pooling = .last }
    return output
  }

  /// The row of token i scores token i + 1: a chunk `[start, end)` scores `start + 1 ... end`, within the
  /// prompt, and without those that were reported before.
  private func firstScore(start: Int, end: Int) -> Int? {
    guard let wanted = request.generation.scoresPromptFrom else { return nil }
    let first = max(wanted, start + 1, reportedCount + 1)
    return first <= min(end, promptCount - 1) ? first : nil
  }

  // MARK: Results

  /// All stages have computed up to `position`. Returns how much of the prompt that is, when it is news.
  mutating func noteComputed(upTo position: Int) -> Int? {
    computedCount = max(computedCount, position)
    poisonRequests.noteComputed(upTo: position)
    let done = min(position, promptCount)
    guard done > reportedCount else { return nil }
    reportedCount = done
    return done
  }

  /// What the tokens sampled after an entry's rows mean. Each is the sequence's next token, as long as the row's own
  /// token is: rows behind a drafted token that was not sampled were computed for nothing, and are cut by the next
  /// entry. Tokens are kept, to be scheduled next, only while the sequence runs.
  mutating func accept(
    _ sampled: [SampledToken], of entry: StepEntry
  ) -> (emitted: [SampledToken], computedEnd: Int, end: FinishReason?) {
    let drafted = entry.tokens.suffix(max(0, sampled.count - 1))
    if !drafted.isEmpty {
      let accepted = zip(drafted, sampled).prefix { $0 == $1.token }.count
      draftLength.note(drafted: drafted.count, accepted: accepted)
    }
    // Results come in order, so those of a replay have come.
    if entry.rebuilding.isEmpty { isWhole = true }
    var emitted: [SampledToken] = []
    var computedEnd = entry.endPosition - drafted.count
    for (index, next) in sampled.enumerated() {
      if request.generation.stopTokens.contains(next.token) { return (emitted, computedEnd, .stop) }
      tokens.append(next.token)
      emitted.append(next)
      if generatedCount >= request.maximumNewTokens { return (emitted, computedEnd, .length) }
      guard index < drafted.count, drafted[drafted.startIndex + index] == next.token else { break }
      computedEnd += 1
      scheduledCount += 1
    }
    return (emitted, computedEnd, nil)
  }
}
