/// A heap of rank-and-position entries, lowest first: rank in the upper half, position in the lower.
///
/// Four children per node: half the levels of a binary heap, and the children share a cache line.
struct PairHeap {
  private var entries: [UInt64] = []

  mutating func removeAll(reserving count: Int) {
    entries.removeAll(keepingCapacity: true)
    entries.reserveCapacity(count)
  }

  /// Adds without ordering; call `order()` before any other use.
  mutating func appendUnordered(_ entry: UInt64) { entries.append(entry) }

  mutating func order() {
    guard entries.count > 1 else { return }
    for index in stride(from: (entries.count - 2) / 4, through: 0, by: -1) {
      sink(entries[index], from: index)
    }
  }

  mutating func push(_ entry: UInt64) {
    entries.append(entry)
    var at = entries.count - 1
    while at > 0 {
      let parent = (at - 1) / 4
      if entries[parent] <= entry { break }
      entries[at] = entries[parent]
      at = parent
    }
    entries[at] = entry
  }

  mutating func popLowest() -> UInt64? {
    guard let lowest = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty { sink(last, from: 0) }
    return lowest
  }

  private mutating func sink(_ entry: UInt64, from start: Int) {
    let count = entries.count
    entries.withUnsafeMutableBufferPointer { entries in
      var at = start
      while true {
        let first = at * 4 + 1
        if first >= count { break }
        var lowest = first
        for child in first + 1..<max(first + 1, min(first + 4, count)) where entries[child] < entries[lowest] {
          lowest = child
        }
        if entries[lowest] >= entry { break }
        entries[at] = entries[lowest]
        at = lowest
      }
      entries[at] = entry
    }
  }
}
