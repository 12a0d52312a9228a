package import Inference

/// One sequence's place in the cache, the same on every stage: its page table, its ring of near keys, its length.
///
/// Integers only: the backend of each stage owns the bytes.
package struct SequenceCache: Sendable {
  package let policy: SelfExtendPolicy
  /// Tokens whose keys and values are stored.
  package private(set) var length = 0
  /// Page of tokens `[64 n, 64 n + 64)` at index n.
  private var pages: [PageID] = []
  /// Pages whose key and value halves each hold one block of near keys; empty when nothing groups.
  private let nearPages: [PageID]

  package init(policy: SelfExtendPolicy, nearPages: [PageID]) {
    self.policy = policy
    self.nearPages = nearPages
  }

  /// Whether keys have a near view of their own.
  package var keepsNearKeys: Bool { policy.groups && policy.neighborWindow > 0 }

  /// Blocks of the near ring.
  private var nearBlockCount: Int { nearPages.count * 2 }

  /// Extends the cache over `tokenCount` tokens from `start` on, with the pages they need beyond those it has.
  /// Returns why it cannot; nothing has changed then.
  package mutating func extend(start: Int, tokenCount: Int, newPages: [PageID]) -> CacheRefusal? {
    guard start == length else { return .position(expected: length, given: start) }
    let needed = PageCount.of(tokens: start + tokenCount)
    guard pages.count + newPages.count >= needed else {
      return .pages(needed: needed, given: pages.count + newPages.count)
    }
    let nearNeeded = PageCount.ringBlockCount(policy: policy, chunkTokenCount: tokenCount)
    guard nearBlockCount >= nearNeeded else {
      return .nearPages(needed: (nearNeeded + 1) / 2, given: nearPages.count)
    }
    pages.append(contentsOf: newPages)
    length += tokenCount
    return nil
  }

  /// Forgets the tokens from `newLength` on, and the pages that only they touched; what is not there is not forgotten.
  /// Returns the blocks whose near view must be restored before anything attends: those that what follows looks back to
  /// and whose place in the ring tokens now forgotten may have taken.
  package mutating func truncate(to newLength: Int) -> Range<Int> {
    guard newLength >= 0, newLength < length else { return 0..<0 }
    let lastBlock = (length - 1) / Limits.pageSize
    length = newLength
    pages.removeLast(pages.count - PageCount.of(tokens: newLength))
    guard keepsNearKeys, newLength > 0 else { return 0..<0 }
    let first = max(0, newLength - policy.neighborWindow) / Limits.pageSize
    // Block b lies where block b + nearBlockCount lies.
    let taken = min(lastBlock - nearBlockCount, (newLength - 1) / Limits.pageSize)
    return first <= taken ? first..<taken + 1 : 0..<0
  }

  /// The page of key block `block` (tokens `[64 block, 64 block + 64)`).
  package func page(block: Int) -> PageID { pages[block] }

  /// Where the near view of key block `block` lies: a ring page, and whether its key or its value half.
  package func nearPlace(block: Int) -> (page: PageID, inValueHalf: Bool) {
    let slot = block % nearBlockCount
    return (nearPages[slot / 2], slot % 2 == 1)
  }
}
