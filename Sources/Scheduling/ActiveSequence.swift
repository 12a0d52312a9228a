import Inference

/// A running sequence: its tokens, how many of them were sent, and the pages reserved for its worst case.
///
/// Prompt and drawn tokens are one list and `sentCount` says how far the stages were given it. So reading a
/// prompt and decoding are one operation, and sending everything again would be `sentCount = 0`.
struct ActiveSequence: Sendable {
  let request: ScheduledRequest
  /// Reserved at admission: one a `Limits.pageSize` tokens, in order.
  let pages: [PageID]
  let nearPages: [PageID]
  private(set) var tokens: [TokenID]
  private(set) var sentCount = 0
  /// Steps that carry an entry of it and are not completed.
  var stepsInFlight = 0
  var isCancelled = false

  init(request: ScheduledRequest, pages: [PageID], nearPages: [PageID]) {
    self.request = request
    self.pages = pages
    self.nearPages = nearPages
    tokens = request.prompt
  }

  var promptCount: Int { request.prompt.count }
  var generatedCount: Int { tokens.count - promptCount }
  /// Whether stages know of it, so that they must be told of its end.
  var isOpened: Bool { sentCount > 0 }
  var hasUnsentPrompt: Bool { sentCount < promptCount }
  /// Whether its next step (or the one in flight) decodes.
  var isDecoding: Bool { generatedCount > 0 && !isCancelled }

  /// Makes the entry of the next unsent tokens, at most `limit` of them, and counts them as sent.
  /// - Precondition: there is an unsent token and `limit` is at least 1.
  mutating func takeEntry(limit: Int) -> StepEntry {
    let start = sentCount
    let isPrompt = hasUnsentPrompt
    let end = min(start + limit, isPrompt ? promptCount : tokens.count)
    precondition(start < end, "\(request.sequence) has nothing to send")
    let reachesEnd = end == tokens.count
    let scoresFrom = isPrompt ? firstScore(start: start, end: end) : nil
    sentCount = end
    stepsInFlight += 1
    return StepEntry(
      sequence: request.sequence, startPosition: start, tokens: Array(tokens[start..<end]),
      newPages: Array(pages[KVGeometry.pageCount(tokens: start)..<KVGeometry.pageCount(tokens: end)]),
      policy: request.policy,
      opening: start == 0 ? StepEntry.Opening(nearPages: nearPages, sampling: request.sampling) : nil,
      isPrompt: isPrompt, samples: reachesEnd && generatedCount < request.maximumNewTokens,
      wantsLogits: isPrompt && reachesEnd && request.wantsPromptLogits, scoresFrom: scoresFrom,
      followingToken: scoresFrom != nil && end < promptCount ? tokens[end] : nil,
      topLogprobCount: request.topLogprobCount)
  }

  /// The row of token i scores token i + 1: a chunk `[start, end)` scores `start + 1 ... end`, within the
  /// prompt.
  private func firstScore(start: Int, end: Int) -> Int? {
    guard let wanted = request.scoresPromptFrom else { return nil }
    let first = max(wanted, start + 1)
    return first <= min(end, promptCount - 1) ? first : nil
  }

  /// What a drawn token means. The token is kept, to be sent next, only when the sequence goes on.
  mutating func accept(_ token: TokenID) -> (emits: Bool, end: FinishReason?) {
    if request.stopTokens.contains(token) { return (false, .stop) }
    tokens.append(token)
    return (true, generatedCount >= request.maximumNewTokens ? .length : nil)
  }
}
