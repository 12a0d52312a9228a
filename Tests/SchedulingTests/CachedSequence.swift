import Core
import Paging

/// A token's place in the pages of a stage.
struct CacheSlot: Hashable {
  let page: PageID
  let offset: Int
}

/// What the stages hold of an opened sequence.
struct CachedSequence {
  private(set) var tokens: [TokenID] = []
  var pages: [PageID] = []
  let neighborPages: [PageID]
  /// What a stage stores for each token: it depends on all tokens before, and on the policy.
  private var keys: [Int] = []
  private let policy: PositionPolicy

  init(neighborPages: [PageID], policy: PositionPolicy) {
    self.neighborPages = neighborPages
    self.policy = policy
  }

  mutating func append(_ more: some Sequence<TokenID>) {
    for token in more {
      tokens.append(token)
      keys.append((keys.last ?? policy.hashValue) &* 31 &+ Int(token))
    }
  }

  mutating func cut(to length: Int) {
    tokens.removeLast(tokens.count - length)
    keys.removeLast(keys.count - length)
    pages.removeLast(pages.count - PageCount.of(tokens: length))
  }

  /// Whether a stage has stored the first `length` tokens.
  func isStored(_ length: Int, in store: [CacheSlot: Int]) -> Bool {
    (0..<length).allSatisfy { store[slot($0)] == keys[$0] }
  }

  func store(_ positions: Range<Int>, in store: inout [CacheSlot: Int]) {
    for position in positions { store[slot(position)] = keys[position] }
  }

  private func slot(_ position: Int) -> CacheSlot {
    CacheSlot(page: pages[position / Limits.pageSize], offset: position % Limits.pageSize)
  }
}
