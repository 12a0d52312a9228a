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
    self.init(of: request, limits: limits)
    guard total <= limits.pageCount else {
      throw .neverFits(neededPageCount: total, pageCount: limits.pageCount)
    }
  }

  /// The same of a request that was admitted before.
  init(of request: ScheduledRequest, limits: SchedulerLimits) {
    tokenPageCount = PageCount.of(tokens: request.prompt.count + request.maximumNewTokens)
    neighborPageCount = PageCount.ofRing(policy: request.policy, chunkTokenCount: limits.chunkTokenCount)
  }

  /// What an admission takes of them.
  /// - Parameters:
  ///   - tokenCount: tokens that are known: of the prompt, and of the answer where that goes on.
  ///   - grows: whether more are taken as the answer grows.
  func reservation(tokenCount: Int, grows: Bool) -> PageReservation {
    guard grows else { return PageReservation(tokenPageCount: tokenPageCount, neighborPageCount: neighborPageCount) }
    // Its first new token has a place, so that it comes further than it was.
    let now = min(PageCount.of(tokens: tokenCount + 1), tokenPageCount)
    return PageReservation(
      tokenPageCount: now, neighborPageCount: neighborPageCount,
      growthPageCount: min(tokenPageCount - now, max(1, now / PageReservation.growthDivisor)))
  }
}

/// The pages that an admission takes, and those that must be free beside them.
struct PageReservation: Hashable, Sendable {
  /// A sequence that has just been computed again should come so far, before it may have to be again, that it was
  /// worth it: a prompt token costs less than a sampled one by more than this.
  static let growthDivisor = 4

  let tokenPageCount: Int
  let neighborPageCount: Int
  /// Room to grow, which is not taken.
  var growthPageCount = 0
  var total: Int { tokenPageCount + neighborPageCount }
}
