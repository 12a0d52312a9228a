/// SHA-256 (FIPS 180-4), for comparing the ids of whole books with a known digest.
enum SHA256 {
  static func hexDigest(_ message: [UInt8]) -> String {
    var state = firstPrimes(8).map { fraction(of: Double($0).squareRoot()) }
    let constants = firstPrimes(64).map { fraction(ofCubeRootOf: $0) }
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
    }
    var words = [UInt32](repeating: 0, count: 64)
    for block in stride(from: 0, to: padded.count, by: 64) {
      for index in 0..<16 {
        let at = block + index * 4
        words[index] =
          UInt32(padded[at]) << 24 | UInt32(padded[at + 1]) << 16 | UInt32(padded[at + 2]) << 8
          | UInt32(padded[at + 3])
      }
      for index in 16..<64 {
        let (early, late) = (words[index - 15], words[index - 2])
        let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
        let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
        words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
      }
      var s = state
      for index in 0..<64 {
        let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
        let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
        let first = s[7] &+ (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) &+ choice
        let sum = first &+ constants[index] &+ words[index]
        let second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) &+ majority
        for place in stride(from: 7, to: 0, by: -1) { s[place] = s[place - 1] }
        s[4] &+= sum
        s[0] = sum &+ second
      }
      for index in 0..<8 { state[index] = state[index] &+ s[index] }
    }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word >> count | word << (32 - count)
  }

  private static func firstPrimes(_ count: Int) -> [Int] {
    Array((2...).lazy.filter { number in !(2..<number).contains { number % $0 == 0 } }.prefix(count))
  }

  private static func fraction(of value: Double) -> UInt32 {
    UInt32((value - value.rounded(.down)) * 4_294_967_296)
  }

  /// By Newton's method: 53 bits hold the whole part and 32 fractional bits with room to spare.
  private static func fraction(ofCubeRootOf number: Int) -> UInt32 {
    var root = 2.0
    for _ in 0..<64 { root -= (root * root * root - Double(number)) / (3 * root * root) }
    return fraction(of: root)
  }
}
