package import Core

/// How many pages sequences take: the same on the coordinator, which reserves them, and on every worker.
package enum PageCount {
  /// Pages that hold `tokenCount` tokens.
  package static func of(tokens tokenCount: Int) -> Int {
    (tokenCount + Limits.pageSize - 1) / Limits.pageSize
  }

  /// Pages of a sequence: those of its tokens and those of its ring of neighbor keys.
  package static func of(tokens tokenCount: Int, policy: PositionPolicy, chunkTokenCount: Int) -> Int {
    of(tokens: tokenCount) + ofRing(policy: policy, chunkTokenCount: chunkTokenCount)
  }

  /// Pages of a sequence's ring of neighbor keys: the key half and the value half of a page each hold one block.
  package static func ofRing(policy: PositionPolicy, chunkTokenCount: Int) -> Int {
    (ringBlockCount(policy: policy, chunkTokenCount: chunkTokenCount) + 1) / 2
  }

  /// Key blocks of the ring, which holds the neighbor view of the last w keys while a chunk runs; none where keys have
  /// one view.
  static func ringBlockCount(policy: PositionPolicy, chunkTokenCount: Int) -> Int {
    guard policy.hasNeighborKeys else { return 0 }
    // One block more than the rows need, since neither end is aligned to a block.
    return of(tokens: policy.neighborWindow + chunkTokenCount) + 1
  }
}
