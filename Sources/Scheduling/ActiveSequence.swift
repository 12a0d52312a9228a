import Inference

/// A running sequence: its tokens, how many of them were sent, and the pages reserved for its worst case.
///
/// Prompt and drawn tokens are one list and `sentCount` says how far the stages were given it. So reading a
/// prompt, decoding, and reading everything again after a loss are one operation.
struct ActiveSequence: Sendable {
  let request: ScheduledRequest
  /// Reserved at admission: one a `Limits.pageSize` tokens, in order.
  private(set) var pages: [PageID]
  private(set) var nearPages: [PageID]
  private(set) var tokens: [TokenID]
  private(set) var sentCount = 0
  /// Tokens known when reading began: the prompt, and after a loss all that was drawn until then.
  private var readCount: Int
  /// Prompt tokens whose reading was told, so that reading them again tells nothing twice.
  private(set) var toldCount = 0
  /// Steps that carry an entry of it and are not completed.
  var stepsInFlight = 0
  var isCancelled = false

  init(request: ScheduledRequest, pages: [PageID], nearPages: [PageID]) {
    self.request = request
    self.pages = pages
    self.nearPages = nearPages
    tokens = request.prompt
    readCount = tokens.count
  }

  var promptCount: Int { request.prompt.count }
  var generatedCount: Int { tokens.count - promptCount }
  /// Whether stages know of it, so that they must be told of its end.
  var isOpened: Bool { sentCount > 0 }
  var hasUnreadTokens: Bool { sentCount < readCount }
  /// Whether its next step (or the one in flight) decodes.
  var isDecoding: Bool { generatedCount > 0 && !hasUnreadTokens && !isCancelled }

  /// The stages hold nothing of it any more: all its tokens are to be read again, into these pages.
  mutating func rewind(pages: [PageID], nearPages: [PageID]) {
    self.pages = pages
    self.nearPages = nearPages
    sentCount = 0
    readCount = tokens.count
    stepsInFlight = 0
  }

  /// Makes the entry of the next unsent tokens, at most `limit` of them, and counts them as sent. An entry never
  /// holds prompt and drawn tokens at once.
  /// - Precondition: there is an unsent token and `limit` is at least 1.
  mutating func takeEntry(limit: Int) -> StepEntry {
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
      newPages: Array(pages[KVGeometry.pageCount(tokens: start)..<KVGeometry.pageCount(tokens: end)]),
      policy: request.policy,
      opening: start == 0
        ? StepEntry.Opening(nearPages: nearPages, sampling: request.sampling, promptTokenCount: promptCount) : nil,
      isPrompt: isRead, samples: reachesEnd && generatedCount < request.maximumNewTokens,
      wantsLogits: reachesEnd && end == promptCount && request.wantsPromptLogits, scoresFrom: scoresFrom,
      followingToken: scoresFrom != nil && end < promptCount ? tokens[end] : nil,
      topLogprobCount: request.topLogprobCount)
  }

  /// The row of token i scores token i + 1: a chunk `[start, end)` scores `start + 1 ... end`, within the
  /// prompt, and without those that were told before.
  private func firstScore(start: Int, end: Int) -> Int? {
    guard let wanted = request.scoresPromptFrom else { return nil }
    let first = max(wanted, start + 1, toldCount + 1)
    return first <= min(end, promptCount - 1) ? first : nil
  }

  /// The stages have read up to `position`. Returns how far the prompt is read, when that is news.
  mutating func noteRead(upTo position: Int) -> Int? {
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
