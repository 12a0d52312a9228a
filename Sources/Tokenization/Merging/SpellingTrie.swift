import Core

/// Spellings of tokens as a trie over bytes, to find those that begin at a place of a text.
struct SpellingTrie: Sendable {
  /// (node, byte) to node; the root is 0.
  private var edges = PairTable()
  /// Token that ends at a node, or -1.
  private var tokens: [Int32] = [-1]

  var isEmpty: Bool { tokens.count == 1 }

  mutating func insert(_ spelling: [UInt8], token: TokenID) {
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
    if node > 0 { tokens[Int(node)] = token }
  }

  /// Calls `body` with the end and the token of every spelling at an index, the shortest first.
  @inline(__always)
  func forEachPrefix(
    of bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ body: (Int, TokenID) -> Void
  ) {
    var node: Int32 = 0
    var at = start
    while at < bytes.count {
      let found = edges.value(for: PairTable.key(node, Int32(bytes[at])))
      if found == PairTable.absent { break }
      node = Int32(found)
      at += 1
      if tokens[Int(node)] >= 0 { body(at, tokens[Int(node)]) }
    }
  }
}
