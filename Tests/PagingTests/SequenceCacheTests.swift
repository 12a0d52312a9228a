import Core
import Paging
import Testing

@Suite("A sequence's place in the cache")
struct SequenceCacheTests {
  private let policy = PositionPolicy(groupSize: 4, neighborWindow: 64, trainedLength: 256)

  @Test("a chunk that does not start at the cache's length is refused and changes nothing")
  func wrongPosition() throws {
    var cache = SequenceCache(policy: try #require(policy), neighborPages: [PageID(7), PageID(8)])
    #expect(cache.extend(start: 3, tokenCount: 1, newPages: [PageID(0)]) == .position(expected: 0, given: 3))
    #expect(cache.length == 0)
    #expect(cache.extend(start: 0, tokenCount: 10, newPages: [PageID(0)]) == nil)
    #expect(cache.length == 10)
  }

  @Test("a cut cache continues where it was cut, on the page it was cut in, and names what its ring has lost")
  func cut() throws {
    var cache = SequenceCache(policy: try #require(policy), neighborPages: [PageID(7), PageID(8)])
    #expect(cache.extend(start: 0, tokenCount: 100, newPages: [PageID(0), PageID(1)]) == nil)
    #expect(cache.extend(start: 100, tokenCount: 100, newPages: [PageID(2), PageID(3)]) == nil)
    #expect(cache.truncate(to: 200) == 0..<0 && cache.truncate(to: 300) == 0..<0, "nothing is forgotten")
    #expect(cache.truncate(to: 130) == 0..<0, "blocks 1 and 2 are where they were")
    #expect(cache.length == 130 && cache.page(block: 2) == PageID(2))
    #expect(cache.extend(start: 130, tokenCount: 70, newPages: [PageID(5)]) == nil)
    #expect(cache.page(block: 3) == PageID(5))
    #expect(cache.extend(start: 200, tokenCount: 120, newPages: [PageID(4)]) == nil)
    #expect(cache.truncate(to: 100) == 0..<1, "block 4 took the place of block 0")
  }

  @Test("a cache begins with full pages, and names the blocks that its first token looks back to")
  func cachedPages() throws {
    let pages = (0..<3).map { PageID($0) }
    var cache = SequenceCache(
      policy: try #require(policy), neighborPages: [PageID(7), PageID(8)], cachedPages: pages)
    #expect(cache.length == 192 && (0..<3).map { cache.page(block: $0) } == pages)
    #expect(cache.neighborBlocks(before: 192) == 2..<3)
    #expect(cache.neighborBlocks(before: 191) == 1..<3)
    #expect(cache.neighborBlocks(before: 0) == 0..<0)
    #expect(cache.extend(start: 191, tokenCount: 1, newPages: []) == .position(expected: 192, given: 191))
    #expect(cache.extend(start: 192, tokenCount: 1, newPages: [PageID(3)]) == nil)
    let plain = SequenceCache(policy: .plain(trainedLength: 256), neighborPages: [], cachedPages: pages)
    #expect(plain.neighborBlocks(before: 192) == 0..<0, "keys have one view")
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
