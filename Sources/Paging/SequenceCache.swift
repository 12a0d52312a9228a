package import Core

/// One sequence's place in the cache, the same on every stage: its page table, its ring of neighbor keys, its length.
///
/// Integers only: the backend of each stage owns the bytes.
package struct SequenceCache: Sendable {
  package let policy: PositionPolicy
  /// Tokens whose keys and values are stored.
  package private(set) var length = 0
  /// Page of tokens `[64 n, 64 n + 64)` at index n.
  private var pages: [PageID] = []
  /// Pages whose key and value halves each hold one block of neighbor keys; empty when nothing groups.
  private let neighborPages: [PageID]

  package init(policy: PositionPolicy, neighborPages: [PageID]) {
    self.policy = policy
    self.neighborPages = neighborPages
  }

  /// A cache that begins with full pages which other entries filled, under the same policy and from the same tokens.
  /// The neighbor view of `neighborBlocks(before: length)` must be restored before anything attends.
  package init(policy: PositionPolicy, neighborPages: [PageID], cachedPages: [PageID]) {
    self.init(policy: policy, neighborPages: neighborPages)
    pages = cachedPages
    length = cachedPages.count * Limits.pageSize
  }

  /// Whether keys have a neighbor view of their own.
  package var keepsNeighborKeys: Bool { policy.hasNeighborKeys }

  /// Blocks of the neighbor ring.
  private var neighborBlockCount: Int { neighborPages.count * 2 }

  /// The blocks whose neighbor view the token at `position` looks back to; none where keys have one view.
  package func neighborBlocks(before position: Int) -> Range<Int> {
    guard keepsNeighborKeys, position > 0 else { return 0..<0 }
    return max(0, position - policy.neighborWindow) / Limits.pageSize..<PageCount.of(tokens: position)
  }

  /// Extends the cache over `tokenCount` tokens from `start`, its end, on, with the pages they need beyond those it
  /// has. Returns why it cannot; nothing has changed then.
  package mutating func extend(start: Int, tokenCount: Int, newPages: [PageID]) -> CacheRefusal? {
    guard start == length else { return .position(expected: length, given: start) }
    let needed = PageCount.of(tokens: start + tokenCount)
    guard pages.count + newPages.count >= needed else {
      return .pages(needed: needed, given: pages.count + newPages.count)
    }
    let neighborNeeded = PageCount.ringBlockCount(policy: policy, chunkTokenCount: tokenCount)
    guard neighborBlockCount >= neighborNeeded else {
      return .neighborPages(needed: (neighborNeeded + 1) / 2, given: neighborPages.count)
    }
    pages.append(contentsOf: newPages)
    length += tokenCount
    return nil
  }

  /// Forgets the tokens from `newLength` on, and the pages that only they touched; what is not there is not forgotten.
  /// Returns the blocks whose neighbor view must be restored before anything attends: those that what follows looks
  /// back to and whose place in the ring tokens now forgotten may have taken.
  package mutating func truncate(to newLength: Int) -> Range<Int> {
    guard newLength >= 0, newLength < length else { return 0..<0 }
    let lastBlock = (length - 1) / Limits.pageSize
    length = newLength
    pages.removeLast(pages.count - PageCount.of(tokens: newLength))
    let seen = neighborBlocks(before: newLength)
    guard !seen.isEmpty else { return seen }
    // Block b lies where block b + neighborBlockCount lies.
    let taken = min(lastBlock - neighborBlockCount, seen.upperBound - 1)
    return seen.lowerBound <= taken ? seen.lowerBound..<taken + 1 : 0..<0
  }

  /// The page of key block `block` (tokens `[64 block, 64 block + 64)`).
  package func page(block: Int) -> PageID { pages[block] }

  /// Where the neighbor view of key block `block` lies: a ring page, and whether its key or its value half.
  package func neighborPlace(block: Int) -> (page: PageID, inValueHalf: Bool) {
    let slot = block % neighborBlockCount
    return (neighborPages[slot / 2], slot % 2 == 1)
  }
}
