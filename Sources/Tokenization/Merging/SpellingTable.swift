/// A map from byte strings to ids. Looks up a pointer into a text, without making an array.
struct SpellingTable: Sendable {
  private struct Entry {
    var start: Int
    var length: Int
    var id: Int32
  }
  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  /// Index into `entries`, or -1 where free.
  private var slots: [Int32]
  private(set) var longest = 0

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
  }

  private static func hash(_ spelling: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(spelling))
    return hasher.finalize()
  }

  private func equals(_ entry: Entry, _ spelling: UnsafeBufferPointer<UInt8>) -> Bool {
    guard entry.length == spelling.count else { return false }
    for index in 0..<entry.length where bytes[entry.start + index] != spelling[index] { return false }
    return true
  }

  /// The slot of a spelling, or the free slot for it.
  private func slot(of spelling: UnsafeBufferPointer<UInt8>) -> Int {
    let mask = slots.count - 1
    var at = SpellingTable.hash(spelling) & mask
    while slots[at] >= 0, !equals(entries[Int(slots[at])], spelling) { at = (at + 1) & mask }
    return at
  }

  /// The id of a spelling, or -1.
  func id(of spelling: UnsafeBufferPointer<UInt8>) -> Int32 {
    if spelling.count > longest { return -1 }
    let index = slots[slot(of: spelling)]
    return index < 0 ? -1 : entries[Int(index)].id
  }

  func id(of spelling: some Collection<UInt8>) -> Int32 {
    SpellingTable.withBuffer(spelling) { id(of: $0) }
  }

  /// Adds a spelling; an existing one gets the new id.
  mutating func insert(_ spelling: some Collection<UInt8>, id: Int32) {
    let array = Array(spelling)
    if (entries.count + 1) * 2 > slots.count { grow() }
    let at = array.withUnsafeBufferPointer { slot(of: $0) }
    if slots[at] >= 0 {
      entries[Int(slots[at])].id = id
      return
    }
    slots[at] = Int32(entries.count)
    entries.append(Entry(start: bytes.count, length: array.count, id: id))
    bytes.append(contentsOf: array)
    longest = max(longest, array.count)
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for (index, entry) in entries.enumerated() {
      let hash = bytes[entry.start..<entry.start + entry.length].withUnsafeBufferPointer(SpellingTable.hash)
      var at = hash & mask
      while slots[at] >= 0 { at = (at + 1) & mask }
      slots[at] = Int32(index)
    }
  }

  private static func withBuffer<R>(
    _ spelling: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> R
  ) -> R {
    if let result = spelling.withContiguousStorageIfAvailable(body) { return result }
    return Array(spelling).withUnsafeBufferPointer(body)
  }
}
