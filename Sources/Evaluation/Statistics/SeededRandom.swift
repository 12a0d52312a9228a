/// Random numbers that depend on a seed and the keys of their use, not on the order of work.
///
/// SplitMix64 over a hash of the keys: simple, fast and the same on every machine.
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// - Parameter keys: identify this use: a length, a depth, the number of a trial.
  package init(seed: UInt64, _ keys: Int...) {
    state = seed
    for key in keys { state = Self.mixed(state ^ UInt64(bitPattern: Int64(key)) &* 0x9E37_79B9_7F4A_7C15) }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number below `bound`, which must be positive. Not `Int.random`, whose algorithm may change.
  package mutating func number(below bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Samples `count` elements in random order, or all when there are fewer.
  package mutating func sample<Element>(_ elements: [Element], count: Int) -> [Element] {
    var rest = elements
    var sampled: [Element] = []
    while sampled.count < count, !rest.isEmpty { sampled.append(rest.remove(at: number(below: rest.count))) }
    return sampled
  }
}
