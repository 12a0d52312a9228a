/// A hash table from 64-bit keys to 64-bit values with open addressing, for lookups per symbol.
///
/// Vocabularies are hostile input, so random numbers of the process key the hash: no file can contain prepared
/// collisions. Results never depend on those numbers.
struct PairTable: Sendable {
  /// The result of `value(for:)` for a missing key; not allowed as a value.
  static let absent = UInt64.max
  private static let salt = UInt64.random(in: .min ... .max)
  private static let factor = UInt64.random(in: .min ... .max) | 1

  /// Keys and values side by side, with `absent` in free slots: one cache line per lookup.
  private var slots: [(key: UInt64, value: UInt64)]
  private var mask: Int
  private(set) var count = 0

  init(capacity: Int = 8) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: (0, PairTable.absent), count: size)
    mask = size - 1
  }

  /// Two ids as one key. Both are non-negative.
  @inline(__always)
  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func home(of key: UInt64) -> Int {
    let product = (key ^ PairTable.salt).multipliedFullWidth(by: PairTable.factor)
    return Int(truncatingIfNeeded: product.high ^ product.low) & mask
  }

  @inline(__always)
  func value(for key: UInt64) -> UInt64 {
    var at = home(of: key)
    while true {
      let slot = slots[at]
      if slot.value == PairTable.absent || slot.key == key { return slot.value }
      at = (at + 1) & mask
    }
  }

  /// Sets the value of a key; with `keepingOld`, keeps an existing value.
  mutating func insert(_ key: UInt64, _ value: UInt64, keepingOld: Bool = false) {
    precondition(value != PairTable.absent, "the value that marks free slots cannot be stored")
    if (count + 1) * 2 > slots.count { grow() }
    var at = home(of: key)
    while slots[at].value != PairTable.absent {
      if slots[at].key == key {
        if !keepingOld { slots[at].value = value }
        return
      }
      at = (at + 1) & mask
    }
    slots[at] = (key, value)
    count += 1
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: (0, PairTable.absent), count: old.count * 2)
    mask = slots.count - 1
    for slot in old where slot.value != PairTable.absent {
      var at = home(of: slot.key)
      while slots[at].value != PairTable.absent { at = (at + 1) & mask }
      slots[at] = slot
    }
  }
}
