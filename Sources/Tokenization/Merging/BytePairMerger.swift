/// The merge loop of both tokenizer kinds: repeatedly merges the neighboring pair with the lowest rank, the leftmost of
/// equals, until no pair can merge.
///
/// Short runs use linear search; long ones use a linked list and a heap, so a run of n symbols costs O(n log n). One
/// per call of `encode`: it keeps its buffers between runs. Not shared between threads.
struct BytePairMerger {
  /// (left id, right id) to rank in the upper and merged id in the lower half.
  private let table: PairTable
  private var ids: [Int32] = []
  private var values: [UInt64] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  private var heap = PairHeap()

  /// Up to this many symbols a linear search beats the heap.
  private static let shortRunCount = 40

  init(table: PairTable) { self.table = table }

  /// Merges in place. Negative ids are symbols that never merge. At most `Int32.max` symbols.
  mutating func merge(_ symbols: inout [Int32]) {
    if symbols.count < 2 { return }
    if symbols.count <= BytePairMerger.shortRunCount {
      mergeShort(&symbols)
    } else {
      mergeLong(&symbols)
    }
  }

  @inline(__always)
  private func value(_ left: Int32, _ right: Int32) -> UInt64 {
    // A negative id has its top bit set; so has the disjunction.
    (left | right) < 0 ? PairTable.absent : table.value(for: PairTable.key(left, right))
  }

  private mutating func mergeShort(_ symbols: inout [Int32]) {
    var count = symbols.count
    values.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { values.append(value(symbols[index], symbols[index + 1])) }
    while count > 1 {
      var best = 0
      for index in 1..<max(1, count - 1) where values[index] >> 32 < values[best] >> 32 { best = index }
      if values[best] == PairTable.absent { break }
      symbols[best] = Int32(truncatingIfNeeded: values[best])
      for index in best + 1..<count - 1 {
        symbols[index] = symbols[index + 1]
        values[index - 1] = values[index]
      }
      count -= 1
      if best > 0 { values[best - 1] = value(symbols[best - 1], symbols[best]) }
      if best < count - 1 { values[best] = value(symbols[best], symbols[best + 1]) }
    }
    symbols.removeLast(symbols.count - count)
  }

  private mutating func mergeLong(_ symbols: inout [Int32]) {
    let count = symbols.count
    swap(&ids, &symbols)
    defer { swap(&ids, &symbols) }
    values = Array(repeating: PairTable.absent, count: count)
    previous = (0..<Int32(count)).map { $0 - 1 }
    next = (0..<Int32(count)).map { $0 + 1 }
    heap.removeAll(reserving: count)
    for index in 0..<count - 1 {
      values[index] = value(ids[index], ids[index + 1])
      if values[index] != PairTable.absent { heap.appendUnordered(entry(rankOf: values[index], at: index)) }
    }
    heap.order()
    while let entry = heap.popLowest() {
      let left = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF)
      // The pair may have changed since the entry was added; then the entry is stale.
      guard values[left] != PairTable.absent, values[left] >> 32 == entry >> 32 else { continue }
      let right = Int(next[left])
      ids[left] = Int32(truncatingIfNeeded: values[left])
      values[right] = PairTable.absent
      next[left] = next[right]
      let after = Int(next[left])
      if after < count { previous[after] = Int32(left) }
      update(left, after, count)
      if previous[left] >= 0 { update(Int(previous[left]), left, count) }
    }
    var kept = 0
    var at = 0
    while at < count {
      ids[kept] = ids[at]
      kept += 1
      at = Int(next[at])
    }
    ids.removeLast(count - kept)
  }

  private mutating func update(_ left: Int, _ right: Int, _ count: Int) {
    values[left] = right < count ? value(ids[left], ids[right]) : PairTable.absent
    if values[left] != PairTable.absent { heap.push(entry(rankOf: values[left], at: left)) }
  }

  @inline(__always)
  private func entry(rankOf value: UInt64, at index: Int) -> UInt64 {
    (value & ~0xFFFF_FFFF) | UInt64(index)
  }
}
