/// Follows the silent edges and calls of a state's items to the bytes that can be read.
struct Expansion {
  private let network: Network
  private(set) var moves: [Machine.Move] = []
  private var seen: Set<Item> = []
  /// Items that resume after each called rule, by the rule's rank: a rule is entered when all its callers are known.
  private var resuming: [Int32: (rule: Network.RuleID, items: Set<Item>)] = [:]

  init(_ network: Network) { self.network = network }

  /// Items looked at.
  var seenCount: Int { seen.count }

  mutating func visit(_ item: Item, _ stacks: inout StackStore) {
    var pending = [item]
    while let item = pending.popLast() {
      guard seen.insert(item).inserted else { continue }
      let state = network.states[Int(item.state)]
      for edge in state.bytes {
        moves.append(Machine.Move(bytes: edge.bytes, target: Item(state: edge.target, stack: item.stack)))
      }
      for call in state.calls { enter(call.rule, resuming: Item(state: call.target, stack: item.stack), stacks) }
      if let loop = state.loop, network.canProceed(item) {
        // Above its minimum a loop without a maximum has nothing left to count.
        let count = loop.maximum == nil ? min(item.count + 1, loop.minimum) : item.count + 1
        enter(loop.rule, resuming: Item(state: item.state, count: count, stack: item.stack), stacks)
      }
      for target in state.silent { pending.append(Item(state: target, stack: item.stack)) }
    }
  }

  /// A caller that has nothing left to read is not resumed: what is below it is, so that stacks do not grow.
  private mutating func enter(_ rule: Network.RuleID, resuming item: Item, _ stacks: StackStore) {
    let rank = network.rules[Int(rule)].rank
    if network.canProceed(item) {
      resuming[rank, default: (rule, [])].items.insert(item)
    } else {
      resuming[rank, default: (rule, [])].items.formUnion(stacks[item.stack])
    }
  }

  /// Enters the rules that were called, callers first.
  mutating func enterCalledRules(_ stacks: inout StackStore) throws(GrammarError) {
    while let rank = resuming.keys.min(), let (rule, items) = resuming.removeValue(forKey: rank) {
      guard items.count <= GrammarLimits.itemCount else {
        throw GrammarError("the grammar can read the text in too many ways: make it less ambiguous")
      }
      visit(Item(state: network.rules[Int(rule)].start, stack: stacks.id(of: items.sorted())), &stacks)
    }
  }
}
