import Core

/// The byte strings of a vocabulary as a trie, its nodes in depth-first order. Tokens without bytes are in no node.
package struct TokenTrie: Sendable {
  /// The last byte of each node's string. Node 0 is the empty string.
  let bytes: [UInt8]
  /// Length of each node's string.
  let depths: [UInt16]
  /// The node after the last one below each node.
  let ends: [Int32]
  /// Where each node's tokens begin in `tokens`, and one more for the end.
  let tokenStarts: [Int32]
  let tokens: [TokenID]
  let vocabularySize: Int
  /// The longest string.
  let longestByteCount: Int
  /// Bytes that are tokens on their own: with them everything can be spelled that they are enough for.
  let coveredBytes: Set<UInt8>
  private let spellings: [[UInt8]]

  /// - Parameter spellings: what each token adds to a text; empty for those that must never be sampled.
  package init(_ spellings: [[UInt8]]) {
    let kept = spellings.map { $0.count > Int(UInt16.max) ? [] : $0 }
    let sorted = Self.sorted(kept)
    var builder = TokenTrieBuilder()
    for id in sorted { builder.append(kept[id], token: TokenID(id)) }
    builder.finish()
    bytes = builder.bytes
    depths = builder.depths
    ends = builder.ends
    tokenStarts = builder.tokenStarts
    tokens = builder.tokens
    vocabularySize = spellings.count
    longestByteCount = Int(builder.depths.max() ?? 0)
    // Spellings of control tokens begin with a byte that is no token.
    coveredBytes = Set(kept.lazy.filter { $0.count == 1 }.map { $0[0] }).union([ControlSpelling.mark])
    self.spellings = kept
  }

  /// The ids of strings that are not empty, in the order of the strings.
  private static func sorted(_ strings: [[UInt8]]) -> [Int] {
    /// The first bytes as a number, which decides most comparisons.
    let heads = strings.map { string in
      (0..<8).reduce(UInt64(0)) { $0 << 8 | ($1 < string.count ? UInt64(string[$1]) : 0) }
    }
    return strings.indices.filter { !strings[$0].isEmpty }.sorted { first, second in
      if heads[first] != heads[second] { return heads[first] < heads[second] }
      return strings[first].lexicographicallyPrecedes(strings[second])
    }
  }

  /// What a token adds to a text; empty for ids outside the vocabulary.
  func spelling(of token: TokenID) -> [UInt8] {
    spellings.indices.contains(Int(token)) ? spellings[Int(token)] : []
  }
}

/// Takes strings in order.
private struct TokenTrieBuilder {
  var bytes: [UInt8] = [0]
  var depths: [UInt16] = [0]
  var ends: [Int32] = [0]
  var tokenStarts: [Int32] = [0]
  var tokens: [TokenID] = []
  /// Nodes of the last string, from the root.
  private var path = [0]
  private var last: [UInt8] = []

  mutating func append(_ string: [UInt8], token: TokenID) {
    let shared = zip(last, string).prefix { $0 == $1 }.count
    close(to: shared)
    for byte in string[shared...] {
      path.append(bytes.count)
      bytes.append(byte)
      depths.append(UInt16(path.count - 1))
      ends.append(0)
      tokenStarts.append(Int32(tokens.count))
    }
    tokens.append(token)
    last = string
  }

  /// Ends the subtrees below a depth.
  private mutating func close(to depth: Int) {
    while path.count > depth + 1 { ends[path.removeLast()] = Int32(bytes.count) }
  }

  mutating func finish() {
    close(to: -1)
    tokenStarts.append(Int32(tokens.count))
  }
}
