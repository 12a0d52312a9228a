/// Counter-based random numbers (Philox 4x32, ten rounds): a pure function of a key and a counter.
///
/// A token's draw is keyed by (seed, position), so nothing but the position has to be restored when a worker is
/// replaced, and neither batch nor worker count can change it.
package struct CounterRandom: Sendable {
  private let key: (UInt32, UInt32)

  package init(seed: UInt64) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// Uniform in [0, 1), 53 bits, for one position of the sequence.
  package func uniform(position: Int) -> Double {
    let block = Self.block(
      counter: (UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32), 0, 0), key: key)
    let bits = UInt64(block.0) << 32 | UInt64(block.1)
    return Double(bits >> 11) * 0x1p-53
  }

  /// Another such number, independent of the first.
  package func secondUniform(position: Int) -> Double {
    let block = Self.block(
      counter: (UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32), 0, 0), key: key)
    let bits = UInt64(block.2) << 32 | UInt64(block.3)
    return Double(bits >> 11) * 0x1p-53
  }

  typealias Block = (UInt32, UInt32, UInt32, UInt32)

  /// Ten rounds of multiply, swap and key.
  static func block(counter: Block, key: (UInt32, UInt32)) -> Block {
    var (state, round) = (counter, key)
    for _ in 0..<10 {
      let first = state.0.multipliedFullWidth(by: 0xD251_1F53)
      let second = state.2.multipliedFullWidth(by: 0xCD9E_8D57)
      state = (second.high ^ state.1 ^ round.0, second.low, first.high ^ state.3 ^ round.1, first.low)
      round = (round.0 &+ 0x9E37_79B9, round.1 &+ 0xBB67_AE85)
    }
    return state
  }
}
