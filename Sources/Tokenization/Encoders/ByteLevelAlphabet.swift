/// The spelling of bytes in byte-level vocabularies: printable Latin-1 characters stand for themselves, the other 68
/// bytes map to the characters from U+0100 on, in order.
enum ByteLevelAlphabet {
  /// From a character below U+0144 to its byte, or -1.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    var substitute = 0x100
    for byte in 0..<256 {
      let printable =
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      if printable {
        table[byte] = Int16(byte)
      } else {
        table[substitute] = Int16(byte)
        substitute += 1
      }
    }
    return table
  }()

  /// The bytes of a spelling; nil when it has a character outside the alphabet or is not UTF-8.
  static func decode(_ spelling: some Collection<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(spelling.count)
    var rest = spelling.makeIterator()
    while let first = rest.next() {
      var scalar = Int(first)
      if first >= 0x80 {
        // The alphabet ends below U+0144: one or two bytes per character.
        guard (0xC2...0xC5).contains(first), let second = rest.next(), second & 0xC0 == 0x80 else {
          return nil
        }
        scalar = Int(first & 0x1F) << 6 | Int(second & 0x3F)
      }
      guard scalar < bytes.count, bytes[scalar] >= 0 else { return nil }
      result.append(UInt8(truncatingIfNeeded: bytes[scalar]))
    }
    return result
  }
}
