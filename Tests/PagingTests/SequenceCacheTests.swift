import Core
import Paging
import Testing

@Suite("A sequence's place in the cache")
struct SequenceCacheTests {
  private let policy = SelfExtendPolicy(groupSize: 4, neighborWindow: 64, trainedLength: 256)

  @Test("a chunk that does not start at the cache's length is refused and changes nothing")
  func wrongPosition() throws {
    var cache = SequenceCache(policy: try #require(policy), neighborPages: [PageID(7), PageID(8)])
    #expect(cache.extend(start: 3, tokenCount: 1, newPages: [PageID(0)]) == .position(expected: 0, given: 3))
    #expect(cache.length == 0)
    #expect(cache.extend(start: 0, tokenCount: 10, newPages: [PageID(0)]) == nil)
    #expect(cache.length == 10)
  }

  @Test("tokens without pages, and a chunk too large for the neighbor ring, are refused")
  func missingPages() throws {
    var cache = SequenceCache(policy: try #require(policy), neighborPages: [PageID(7), PageID(8)])
    #expect(cache.extend(start: 0, tokenCount: 65, newPages: [PageID(0)]) == .pages(needed: 2, given: 1))
    #expect(
      cache.extend(start: 0, tokenCount: 256, newPages: (0..<4).map { PageID($0) })
        == .neighborPages(needed: 3, given: 2))
  }
}
