import Core

/// What can follow a state of the network whatever its stack: computed once for a network and a vocabulary.
///
/// For a counted loop it is what a loop without bounds could read, with the number of calls that it takes, so that one
/// serves all counts, and all loops that call the same rule.
struct LocalMask {
  /// Where the rule has ended and a longer token goes on.
  struct Exit {
    /// The node of the token's next byte.
    let node: Int32
    /// Calls of the loop so far.
    let callCount: Int32
  }

  /// Tokens that stay in the state's rule and what it calls, or end with it.
  var mask: TokenMask
  /// By class of the next byte.
  var exits: [[Exit]]
  /// Of a loop: its tokens by the calls they take, and where those of each number begin.
  var tokensByCallCount: [TokenID] = []
  var callCountStarts: [Int] = []

  /// Bytes of memory, about.
  var byteCount: Int { mask.byteCount + exits.reduce(0) { $0 + 8 * $1.count } + 4 * tokensByCallCount.count }

  /// Adds the tokens that take at most `limit` calls.
  func merge(into words: inout [UInt64], atMost limit: Int32?) {
    guard let limit, Int(limit) + 1 < callCountStarts.count else { return mask.merge(into: &words) }
    let kept = callCountStarts[max(0, Int(limit) + 1)]
    if 2 * kept < tokensByCallCount.count {
      for token in tokensByCallCount[..<kept] { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
      return
    }
    var own = [UInt64](repeating: 0, count: words.count)
    mask.merge(into: &own)
    for token in tokensByCallCount[kept...] { own[Int(token) >> 6] &= ~(1 << UInt64(token & 63)) }
    for index in words.indices { words[index] |= own[index] }
  }
}

/// Makes the local mask of a state of the network.
struct LocalMaskBuilder {
  private let trie: TokenTrie
  /// The loop that is counted, if the state is one.
  private let loop: Network.StateID?
  private var tokensByCallCount: [[TokenID]] = [[]]
  private var exits: [[LocalMask.Exit]]
  /// Fewest calls of the loop in each state of the machine, and in each stack.
  private var stateCallCounts: [Machine.StateID: Int] = [:]
  private var stackCallCounts: [StackStore.StackID: Int] = [:]

  init(_ trie: TokenTrie, classCount: Int, loop: Network.StateID?) {
    self.trie = trie
    self.loop = loop
    exits = Array(repeating: [], count: classCount)
  }

  /// Notes the nodes that were reached.
  mutating func add(_ reached: [(node: Int, state: Machine.StateID)], _ machine: Machine) {
    for (node, state) in reached { add(node, state, machine) }
  }

  private mutating func add(_ node: Int, _ state: Machine.StateID, _ machine: Machine) {
    let tokens = trie.tokenStarts[node]..<trie.tokenStarts[node + 1]
    if !tokens.isEmpty {
      let count = loop == nil ? 0 : callCount(state, machine)
      while tokensByCallCount.count <= count { tokensByCallCount.append([]) }
      for index in tokens { tokensByCallCount[count].append(trie.tokens[Int(index)]) }
    }
    guard machine.leaves(state), Int(trie.ends[node]) > node + 1 else { return }
    if let loop {
      for item in machine.states[Int(state)].items where item.state == loop && item.stack == StackStore.unknown {
        addExits(node, callCount: item.count, machine)
      }
    } else {
      addExits(node, callCount: 0, machine)
    }
  }

  private mutating func addExits(_ node: Int, callCount: Int32, _ machine: Machine) {
    var child = node + 1
    while child < Int(trie.ends[node]) {
      let byteClass = Int(machine.network.byteClasses[Int(trie.bytes[child])])
      exits[byteClass].append(LocalMask.Exit(node: Int32(child), callCount: callCount))
      child = Int(trie.ends[child])
    }
  }

  private mutating func callCount(_ state: Machine.StateID, _ machine: Machine) -> Int {
    if let known = stateCallCounts[state] { return known }
    let count = fewestCalls(machine.states[Int(state)].items, machine)
    stateCallCounts[state] = count
    return count
  }

  private mutating func fewestCalls(_ items: [Item], _ machine: Machine) -> Int {
    var fewest = Int(UInt16.max)
    for item in items where item.state >= 0 {
      let isLoop = item.state == loop && item.stack == StackStore.unknown
      fewest = min(fewest, isLoop ? Int(item.count) : callCount(stack: item.stack, machine))
    }
    return fewest
  }

  private mutating func callCount(stack: StackStore.StackID, _ machine: Machine) -> Int {
    if let known = stackCallCounts[stack] { return known }
    let count = fewestCalls(machine.stacks[stack], machine)
    stackCallCounts[stack] = count
    return count
  }

  func finished() -> LocalMask {
    var words = [UInt64](repeating: 0, count: (trie.vocabularySize + 63) / 64)
    for token in tokensByCallCount.joined() { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
    var mask = LocalMask(mask: TokenMask(words: words), exits: exits)
    guard loop != nil else { return mask }
    mask.tokensByCallCount = Array(tokensByCallCount.joined())
    mask.callCountStarts = tokensByCallCount.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    return mask
  }
}
