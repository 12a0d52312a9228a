import Core
import Paging

/// A running sequence: its tokens, how many of them were scheduled, and the pages reserved for its worst case.
///
/// Prompt and sampled tokens are one list, and `scheduledCount` says how many of them steps were given. So prefill,
/// decode, and computing everything again after a loss are one operation.
struct ActiveSequence: Sendable {
  let request: ScheduledRequest
  /// Reserved at admission: one for `Limits.pageSize` tokens, in order.
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
  /// What some stages compute again before all continue.
  private var replay: Replay?
  /// Steps that carry an entry of it and are not completed.
  var stepsInFlight = 0
  var isCancelled = false
  /// Whether it waits after its prefill instead of decoding.
  var isPaused: Bool
  private(set) var poisonRequests = PoisonRequestDetector()

  private struct Replay {
    let stages: StageSet
    var scheduledCount = 0
    let end: Int
  }

  init(request: ScheduledRequest, pages: [PageID], neighborPages: [PageID]) {
    self.request = request
    self.pages = pages
    self.neighborPages = neighborPages
    tokens = request.prompt
    prefillEnd = tokens.count
    isPaused = request.startsPaused
  }

  var id: SequenceID { request.sequence }
  var promptCount: Int { request.prompt.count }
  var generatedCount: Int { tokens.count - promptCount }
  /// Whether stages know of it, so that they must hear of its end.
  var isOpened: Bool { scheduledCount > 0 }
  /// Whether it has tokens to prefill that no step was given.
  var isPrefilling: Bool { isReplaying || scheduledCount < prefillEnd }
  var isReplaying: Bool { replay != nil }
  /// Where it can continue under another plan: what all stages have computed, but one token must be left to schedule.
  var resumableCount: Int { min(computedCount, tokens.count - 1) }
  /// Whether its next step (or the one in flight) decodes.
  var isDecoding: Bool { generatedCount > 0 && !isPrefilling && !isCancelled }
  var heldPages: [PageID] { pages + neighborPages }

  // MARK: Plans that end

  /// Nothing of it is in flight any more.
  mutating func suspend(after end: InterruptionCause) {
    if stepsInFlight > 0 { poisonRequests.note(end) }
    stepsInFlight = 0
    replay = nil
  }

  /// The stages hold nothing of it any more: all its tokens are computed again, into these pages.
  mutating func rewind(pages: [PageID], neighborPages: [PageID]) {
    self.pages = pages
    self.neighborPages = neighborPages
    rewind()
  }

  mutating func rewind() {
    scheduledCount = 0
    computedCount = 0
    prefillEnd = tokens.count
  }

  /// Continues where all stages had it, once the given ones have computed it again up to there.
  mutating func resume(rebuilding stages: StageSet) {
    scheduledCount = resumableCount
    prefillEnd = tokens.count
    replay = stages.isEmpty ? nil : Replay(stages: stages, end: resumableCount)
  }

  // MARK: Steps

  /// Makes the entry of the next unscheduled tokens, at most `limit` of them, and counts them as scheduled. An entry
  /// never holds prompt and sampled tokens at once.
  /// - Precondition: there is an unscheduled token and `limit` is at least 1.
  mutating func takeEntry(limit: Int) -> PlannedEntry {
    if let replay { return takeEntry(of: replay, limit: limit) }
    let start = scheduledCount
    let isPrefill = isPrefilling
    let end = min(start + limit, start < promptCount ? promptCount : tokens.count)
    precondition(start < end, "\(id) has nothing to schedule")
    let reachesEnd = end == tokens.count
    let scoresFrom = start < promptCount ? firstScore(start: start, end: end) : nil
    scheduledCount = end
    stepsInFlight += 1
    return PlannedEntry(
      entry: StepEntry(
        sequence: id, startPosition: start, tokens: Array(tokens[start..<end]), newPages: newPages(start..<end),
        policy: request.policy, opening: opening(start),
        shouldSample: reachesEnd && generatedCount < request.maximumNewTokens,
        wantsLogits: reachesEnd && end == promptCount && request.generation.wantsPromptLogits, scoresFrom: scoresFrom,
        followingToken: scoresFrom != nil && end < promptCount ? tokens[end] : nil,
        topLogprobCount: request.generation.topLogprobCount, rebuilding: StageSet()), isPrefill: isPrefill)
  }

  /// The next tokens of a replay: nothing is sampled after them or reported again.
  private mutating func takeEntry(of replay: Replay, limit: Int) -> PlannedEntry {
    let start = replay.scheduledCount
    let end = min(start + limit, start < promptCount ? min(promptCount, replay.end) : replay.end)
    precondition(start < end, "\(id) has nothing to replay")
    self.replay?.scheduledCount = end
    if end == replay.end { self.replay = nil }
    stepsInFlight += 1
    return PlannedEntry(
      entry: StepEntry(
        sequence: id, startPosition: start, tokens: Array(tokens[start..<end]), newPages: newPages(start..<end),
        policy: request.policy, opening: opening(start), shouldSample: false, wantsLogits: false, scoresFrom: nil,
        followingToken: nil, topLogprobCount: nil, rebuilding: replay.stages), isPrefill: true)
  }

  private func newPages(_ positions: Range<Int>) -> [PageID] {
    Array(
      pages[
        PageCount.of(tokens: positions.lowerBound)..<PageCount.of(tokens: positions.upperBound)])
  }

  private func opening(_ start: Int) -> StepEntry.Opening? {
    guard start == 0 else { return nil }
    return StepEntry.Opening(
      neighborPages: neighborPages, sampling: request.generation.sampling, promptTokenCount: promptCount)
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

  /// What a sampled token means. The token is kept, to be scheduled next, only when the sequence goes on.
  mutating func accept(_ token: TokenID) -> (emits: Bool, end: FinishReason?) {
    if request.generation.stopTokens.contains(token) { return (false, .stop) }
    tokens.append(token)
    return (true, generatedCount >= request.maximumNewTokens ? .length : nil)
  }
}
