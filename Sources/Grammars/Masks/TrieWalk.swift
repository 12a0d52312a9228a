/// Walks parts of a trie with the states of a machine.
struct TrieWalk {
  let trie: TokenTrie
  /// The machine's state at each depth.
  private var path: [Machine.StateID]

  init(_ trie: TokenTrie) {
    self.trie = trie
    path = Array(repeating: Machine.dead, count: trie.longestByteCount + 1)
  }

  /// Visits all nodes below `top` that the machine reaches from `state`, where it stands at `top`.
  mutating func walk(
    below top: Int, from state: Machine.StateID, _ machine: inout Machine,
    visit: (_ node: Int, Machine.StateID) -> Void
  ) throws(GrammarError) {
    path[Int(trie.depths[top])] = state
    var node = top + 1
    var visitedCount = 0
    let end = Int(trie.ends[top])
    while node < end {
      let depth = Int(trie.depths[node])
      let next = try machine.next(path[depth - 1], trie.bytes[node])
      visitedCount += 1
      guard next != Machine.dead else {
        node = Int(trie.ends[node])
        continue
      }
      path[depth] = next
      visit(node, next)
      node += 1
    }
    try machine.spend(visitedCount)
  }
}
