import Core
import Paging

/// The pages of a request's worst case: every new token drawn.
struct PageNeeds: Hashable, Sendable {
  let tokenPageCount: Int
  let neighborPageCount: Int
  var total: Int { tokenPageCount + neighborPageCount }

  /// Throws when the request is malformed or could not run in an empty cluster.
  init(_ request: ScheduledRequest, limits: SchedulerLimits) throws(AdmissionError) {
    guard !request.prompt.isEmpty else { throw .emptyPrompt }
    guard request.maximumNewTokens >= 0 else { throw .negativeNewTokenCount(request.maximumNewTokens) }
    if let from = request.scoresPromptFrom, from < 1 { throw .scoresFromBelowOne(from) }
    let (length, overflow) = request.prompt.count.addingReportingOverflow(request.maximumNewTokens)
    guard !overflow, length <= limits.contextLength else {
      throw .contextExceeded(length: overflow ? Int.max : length, contextLength: limits.contextLength)
    }
    tokenPageCount = PageCount.of(tokens: length)
    neighborPageCount = PageCount.ofRing(policy: request.policy, chunkTokenCount: limits.chunkTokenCount)
    guard total <= limits.pageCount else {
      throw .neverFits(neededPageCount: total, pageCount: limits.pageCount)
    }
  }
}
