import Core
import Paging

/// A running sequence: its tokens, how many of them were sent, and the pages reserved for its worst case.
///
/// Prompt and drawn tokens are one list and `sentCount` says how far the stages were given it. So reading a
/// prompt, decoding, and reading everything again after a loss are one operation.
struct ActiveSequence: Sendable {
  let request: ScheduledRequest
  /// Reserved at admission: one a `Limits.pageSize` tokens, in order.
  private(set) var pages: [PageID]
  private(set) var neighborPages: [PageID]
  private(set) var tokens: [TokenID]
  private(set) var sentCount = 0
  /// Tokens known when reading began: the prompt, and after a loss all that was drawn until then.
  private var readCount: Int
  /// Prompt tokens whose reading was told, so that reading them again tells nothing twice.
  private(set) var toldCount = 0
  /// Tokens that all stages have read since the sequence was last opened.
  private var readByAllCount = 0
  /// What some stages are to read again before all go on.
  private var replay: Replay?
  /// Steps that carry an entry of it and are not completed.
  var stepsInFlight = 0
  var isCancelled = false
  private(set) var poisonRequests = PoisonRequestDetector()

  private struct Replay {
    let stages: StageSet
    var nextPosition = 0
    let end: Int
  }

  init(request: ScheduledRequest, pages: [PageID], neighborPages: [PageID]) {
    self.request = request
    self.pages = pages
    self.neighborPages = neighborPages
    tokens = request.prompt
    readCount = tokens.count
  }

  var promptCount: Int { request.prompt.count }
  var generatedCount: Int { tokens.count - promptCount }
  /// Whether stages know of it, so that they must be told of its end.
  var isOpened: Bool { sentCount > 0 }
  var hasUnreadTokens: Bool { isReplaying || sentCount < readCount }
  var isReplaying: Bool { replay != nil }
  /// Where it can go on under another plan: what all stages have had, though there must be a token left to send.
  var resumableCount: Int { min(readByAllCount, tokens.count - 1) }
  /// Whether its next step (or the one in flight) decodes.
  var isDecoding: Bool { generatedCount > 0 && !hasUnreadTokens && !isCancelled }

  /// Nothing of it is in flight any more.
  mutating func suspend(after end: InterruptionCause) {
    if stepsInFlight > 0 { poisonRequests.note(end) }
    stepsInFlight = 0
    replay = nil
  }

  /// The stages hold nothing of it any more: all its tokens are to be read again, into these pages.
  mutating func rewind(pages: [PageID], neighborPages: [PageID]) {
    self.pages = pages
    self.neighborPages = neighborPages
    rewind()
  }

  mutating func rewind() {
    sentCount = 0
    readByAllCount = 0
    readCount = tokens.count
  }

  /// Goes on where all stages had it, when the given ones have read it again up to there.
  mutating func resume(rebuilding stages: StageSet) {
    sentCount = resumableCount
    readCount = tokens.count
    replay = stages.isEmpty ? nil : Replay(stages: stages, end: resumableCount)
  }

  /// Makes the entry of the next unsent tokens, at most `limit` of them, and counts them as sent. An entry never
  /// holds prompt and drawn tokens at once.
  /// - Precondition: there is an unsent token and `limit` is at least 1.
  mutating func takeEntry(limit: Int) -> StepEntry {
    if let replay { return takeEntry(of: replay, limit: limit) }
    let start = sentCount
    let isRead = hasUnreadTokens
    let end = min(start + limit, start < promptCount ? promptCount : tokens.count)
    precondition(start < end, "\(request.sequence) has nothing to send")
    let reachesEnd = end == tokens.count
    let scoresFrom = start < promptCount ? firstScore(start: start, end: end) : nil
    sentCount = end
    stepsInFlight += 1
    return StepEntry(
      sequence: request.sequence, startPosition: start, tokens: Array(tokens[start..<end]),
      newPages: newPages(start..<end), policy: request.policy, opening: opening(start),
      isPrompt: isRead, samples: reachesEnd && generatedCount < request.maximumNewTokens,
      wantsLogits: reachesEnd && end == promptCount && request.wantsPromptLogits, scoresFrom: scoresFrom,
      followingToken: scoresFrom != nil && end < promptCount ? tokens[end] : nil,
      topLogprobCount: request.topLogprobCount, rebuilding: StageSet())
  }

  /// The next tokens of a replay: nothing is drawn of them or told again.
  private mutating func takeEntry(of replay: Replay, limit: Int) -> StepEntry {
    let start = replay.nextPosition
    let end = min(start + limit, start < promptCount ? min(promptCount, replay.end) : replay.end)
    precondition(start < end, "\(request.sequence) has nothing to replay")
    self.replay?.nextPosition = end
    if end == replay.end { self.replay = nil }
    stepsInFlight += 1
    return StepEntry(
      sequence: request.sequence, startPosition: start, tokens: Array(tokens[start..<end]),
      newPages: newPages(start..<end), policy: request.policy, opening: opening(start), isPrompt: true, samples: false,
      wantsLogits: false, scoresFrom: nil, followingToken: nil, topLogprobCount: nil, rebuilding: replay.stages)
  }

  private func newPages(_ positions: Range<Int>) -> [PageID] {
    Array(
      pages[
        PageCount.of(tokens: positions.lowerBound)..<PageCount.of(tokens: positions.upperBound)])
  }

  private func opening(_ start: Int) -> StepEntry.Opening? {
    guard start == 0 else { return nil }
    return StepEntry.Opening(neighborPages: neighborPages, sampling: request.sampling, promptTokenCount: promptCount)
  }

  /// The row of token i scores token i + 1: a chunk `[start, end)` scores `start + 1 ... end`, within the
  /// prompt, and without those that were told before.
  private func firstScore(start: Int, end: Int) -> Int? {
    guard let wanted = request.scoresPromptFrom else { return nil }
    let first = max(wanted, start + 1, toldCount + 1)
    return first <= min(end, promptCount - 1) ? first : nil
  }

  /// All stages have read up to `position`. Returns how far the prompt is read, when that is news.
  mutating func noteRead(upTo position: Int) -> Int? {
    readByAllCount = max(readByAllCount, position)
    poisonRequests.noteRead(upTo: position)
    let done = min(position, promptCount)
    guard done > toldCount else { return nil }
    toldCount = done
    return done
  }

  /// What a drawn token means. The token is kept, to be sent next, only when the sequence goes on.
  mutating func accept(_ token: TokenID) -> (emits: Bool, end: FinishReason?) {
    if request.stopTokens.contains(token) { return (false, .stop) }
    tokens.append(token)
    return (true, generatedCount >= request.maximumNewTokens ? .length : nil)
  }
}
