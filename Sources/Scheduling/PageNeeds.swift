import Core
import Paging

/// The pages of a request's worst case: every new token sampled.
struct PageNeeds: Hashable, Sendable {
  let tokenPageCount: Int
  let neighborPageCount: Int
  var total: Int { tokenPageCount + neighborPageCount }

  /// Throws `EngineError.contextExceeded` or `.neverFits` when the request could not run in an empty cluster.
  init(_ request: ScheduledRequest, limits: SchedulerLimits) throws(EngineError) {
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
