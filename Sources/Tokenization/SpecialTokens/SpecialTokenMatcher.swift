import Core

/// Finds spellings of special tokens in a text: the leftmost first, of those the longest.
///
/// A search reads at most `longestSpelling` bytes from every position, so its cost is linear in the text.
struct SpecialTokenMatcher: Sendable {
  /// Longest supported spelling, in bytes.
  static let longestSpelling = 1024

  typealias Match = (range: Range<Int>, token: TokenID)

  private var trie = SpellingTrie()
  private var startsToken = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { trie.isEmpty }

  mutating func insert(_ spelling: [UInt8], token: TokenID) {
    guard let first = spelling.first else { return }
    startsToken[Int(first)] = true
    trie.insert(spelling, token: token)
  }

  /// The first match at or after an index, with its token.
  func firstMatch(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Match? {
    var at = start
    while at < bytes.count {
      if startsToken[Int(bytes[at])], let match = longestMatch(in: bytes, at: at) { return match }
      at += 1
    }
    return nil
  }

  private func longestMatch(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Match? {
    var best: Match?
    trie.forEachPrefix(of: bytes, at: start) { end, token in best = (start..<end, token) }
    return best
  }
}
