package import Core

/// A grammar compiled for a vocabulary: which tokens may follow a text, and where it may end.
///
/// Positions are numbers into caches that all texts share. Confined to one thread.
package final class GrammarMatcher {
  /// Where a text stands. Valid for the matcher that gave it, until that starts over.
  package struct Position: Hashable, Sendable {
    fileprivate let state: Machine.StateID
    fileprivate let generation: Int
  }

  private let trie: TokenTrie
  private var machine: Machine
  private var walk: TrieWalk
  private var masks: [Machine.StateID: TokenMask] = [:]
  private var localMasks: [Network.StateID: LocalMask] = [:]
  private var maskByteCount = 0

  /// - Throws: `GrammarError` when the grammar is too large, left-recursive, or matches nothing that the vocabulary can
  ///   spell.
  package init(_ grammar: Grammar, vocabulary: TokenTrie) throws(GrammarError) {
    trie = vocabulary
    machine = Machine(try Network(grammar, coveredBytes: vocabulary.coveredBytes))
    walk = TrieWalk(vocabulary)
  }

  /// The position of an empty text.
  /// - Throws: `GrammarError` when the grammar is too ambiguous to be followed.
  package func start() throws(GrammarError) -> Position {
    machine.beginWork()
    return position(try machine.start())
  }

  /// The position after one more token; nil when the token cannot follow.
  package func position(
    after position: Position, _ token: TokenID
  ) throws(GrammarError) -> Position? {
    let bytes = trie.spelling(of: token)
    return bytes.isEmpty ? nil : try self.position(after: position, bytes)
  }

  /// The position after more bytes; nil when they cannot follow.
  package func position(
    after position: Position, _ bytes: some Sequence<UInt8>
  ) throws(GrammarError) -> Position? {
    machine.beginWork()
    var state = position.state
    for byte in bytes {
      state = try machine.next(state, byte)
      if state == Machine.dead { return nil }
    }
    return self.position(state)
  }

  /// Whether a position is still valid.
  package func knows(_ position: Position) -> Bool { position.generation == machine.generation }

  /// Whether a text may end there.
  package func allowsEnd(_ position: Position) -> Bool { machine.states[Int(position.state)].allowsEnd }

  /// The tokens that may follow. Empty only where the text must end.
  /// - Throws: `GrammarError` when the grammar is too ambiguous to be followed.
  package func mask(_ position: Position) throws(GrammarError) -> TokenMask {
    if let known = masks[position.state] { return known }
    machine.beginWork()
    var words = [UInt64](repeating: 0, count: (trie.vocabularySize + 63) / 64)
    for item in machine.states[Int(position.state)].items { try addTokens(after: item, to: &words) }
    let mask = TokenMask(words: words)
    keep(mask.byteCount)
    masks[position.state] = mask
    return mask
  }

  private func addTokens(after item: Item, to words: inout [UInt64]) throws(GrammarError) {
    let loop = machine.network.states[Int(item.state)].loop
    let local = try localMask(loop.flatMap { machine.network.freeLoops[$0.rule] } ?? item.state, isLoop: loop != nil)
    let most = loop?.maximum.map { $0 - item.count }
    local.merge(into: &words, atMost: most)
    let calls = max(0, (loop?.minimum ?? 0) - item.count)...max(most ?? Int32.max, (loop?.minimum ?? 0) - item.count, 0)
    let resumed = try machine.resumed(item.stack)
    for (byteClass, exits) in local.exits.enumerated() where !exits.isEmpty {
      let next = try machine.next(resumed, machine.network.classBytes[byteClass])
      guard next != Machine.dead else { continue }
      for exit in exits where calls.contains(exit.callCount) {
        addTokens(at: Int(exit.node), to: &words)
        try walk.walk(below: Int(exit.node), from: next, &machine) { node, _ in addTokens(at: node, to: &words) }
      }
    }
  }

  private func addTokens(at node: Int, to words: inout [UInt64]) {
    for index in trie.tokenStarts[node]..<trie.tokenStarts[node + 1] {
      let token = trie.tokens[Int(index)]
      words[Int(token) >> 6] |= 1 << UInt64(token & 63)
    }
  }

  private func localMask(_ state: Network.StateID, isLoop: Bool) throws(GrammarError) -> LocalMask {
    if let known = localMasks[state] { return known }
    var builder = LocalMaskBuilder(trie, classCount: machine.network.classBytes.count, loop: isLoop ? state : nil)
    let start = try machine.localState(state)
    var reached: [(node: Int, state: Machine.StateID)] = []
    try walk.walk(below: 0, from: start, &machine) { reached.append(($0, $1)) }
    builder.add(reached, machine)
    let mask = builder.finished()
    keep(mask.byteCount)
    localMasks[state] = mask
    return mask
  }

  /// Counts a mask's bytes, and drops all masks when there would be too many.
  private func keep(_ byteCount: Int) {
    maskByteCount += byteCount
    guard maskByteCount > GrammarLimits.maskByteCount else { return }
    masks = [:]
    localMasks = [:]
    maskByteCount = byteCount
  }

  /// Frees the caches when they have grown too large; then all positions have become invalid.
  package func trim() {
    if machine.isFull { startOver() }
  }

  /// Masks of single items that are kept.
  var localMaskCount: Int { localMasks.count }

  func startOver() {
    machine.startOver()
    masks = [:]
  }

  private func position(_ state: Machine.StateID) -> Position {
    Position(state: state, generation: machine.generation)
  }
}
