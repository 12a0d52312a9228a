import Core

/// Finds spellings of special tokens in a text: the leftmost first, of those the longest.
///
/// A trie; a search reads at most `longestSpelling` bytes from every position, so its cost is linear in the text.
struct SpecialTokenMatcher: Sendable {
  /// Longest supported spelling, in bytes.
  static let longestSpelling = 1024

  /// (node, byte) to node; the root is 0.
  private var edges = PairTable()
  /// Token that ends at a node, or -1.
  private var tokens: [Int32] = [-1]
  private var startsToken = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { tokens.count == 1 }

  mutating func insert(_ spelling: [UInt8], token: TokenID) {
    guard let first = spelling.first else { return }
    startsToken[Int(first)] = true
    var node: Int32 = 0
    for byte in spelling {
      let key = PairTable.key(node, Int32(byte))
      let found = edges.value(for: key)
      if found == PairTable.absent {
        let made = Int32(tokens.count)
        tokens.append(-1)
        edges.insert(key, UInt64(made))
        node = made
      } else {
        node = Int32(found)
      }
    }
    tokens[Int(node)] = token
  }

  /// The first match at or after an index, with its token.
  func firstMatch(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (
    range: Range<Int>, token: TokenID
  )? {
    var at = start
    while at < bytes.count {
      if startsToken[Int(bytes[at])], let match = longestMatch(in: bytes, at: at) { return match }
      at += 1
    }
    return nil
  }

  private func longestMatch(
    in bytes: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (range: Range<Int>, token: TokenID)? {
    var node: Int32 = 0
    var best: (range: Range<Int>, token: TokenID)?
    var at = start
    while at < bytes.count {
      let found = edges.value(for: PairTable.key(node, Int32(bytes[at])))
      if found == PairTable.absent { break }
      node = Int32(found)
      at += 1
      if tokens[Int(node)] >= 0 { best = (start..<at, tokens[Int(node)]) }
    }
    return best
  }
}
