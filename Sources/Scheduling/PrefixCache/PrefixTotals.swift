import Core

/// What the prefix cache was asked and gave since the start.
package struct PrefixTotals: Hashable, Sendable {
  /// Prompt tokens of requests that may share pages, and those of them that were not computed.
  package private(set) var queriedTokenCount = 0
  package private(set) var hitTokenCount = 0
  /// Requests that opened on kept pages.
  package private(set) var hitRequestCount = 0
  /// Pages that were given up for requests that needed them.
  package var evictedPageCount = 0

  package init() {}

  mutating func note(promptTokenCount: Int, cachedPageCount: Int) {
    queriedTokenCount += promptTokenCount
    hitTokenCount += cachedPageCount * Limits.pageSize
    hitRequestCount += cachedPageCount > 0 ? 1 : 0
  }

  /// A request found more pages when its first chunk was made than at its admission.
  mutating func noteAdopted(pageCount: Int, isFirst: Bool) {
    hitTokenCount += pageCount * Limits.pageSize
    hitRequestCount += isFirst ? 1 : 0
  }
}
