/// A network's deterministic automaton, made as texts need it: states are sets of items, numbered once.
///
/// The number of a state is valid until `startOver`. Confined to one thread.
struct Machine {
  typealias StateID = Int32

  /// No text that matches begins so.
  static let dead: StateID = 0

  /// A byte that can be read, and where it leads.
  struct Move: Hashable {
    var bytes: ClosedRange<UInt8>
    var target: Item
  }

  struct State: Hashable {
    /// Sorted. Each can read a byte.
    var items: [Item] = []
    /// Whether the text may end.
    var allowsEnd = false
    /// Whether a state looked at without its stack has come to the end of its rule.
    var leaves = false
  }

  let network: Network
  private(set) var stacks = StackStore()
  private(set) var states: [State] = []
  private var ids: [State: StateID] = [:]
  private var moves: [[Move]?] = []
  /// By state and class of byte: the next state, or -1 while it is not known.
  private var nextStates: [StateID] = []
  private var leavesRule: [Bool] = []
  private let classCount: Int
  /// How often the machine started over.
  private(set) var generation = 0
  /// What may still be examined for what is asked now.
  private var work = 0

  init(_ network: Network) {
    self.network = network
    classCount = network.classBytes.count
    _ = add(State())
  }

  /// Forgets all states and stacks.
  mutating func startOver() {
    let next = generation + 1
    self = Machine(network)
    generation = next
  }

  var isFull: Bool { states.count + stacks.count > GrammarLimits.machineStateCount }

  /// Allows the usual work for what is asked next.
  mutating func beginWork() { work = GrammarLimits.workCount }

  mutating func start() throws(GrammarError) -> StateID {
    let item = Item(state: network.rules[Int(network.root)].start, stack: StackStore.bottom)
    return try state(reaching: [item])
  }

  /// The state of one state of the network whose stack is not known.
  mutating func localState(_ state: Network.StateID) throws(GrammarError) -> StateID {
    try self.state(reaching: [Item(state: state, stack: StackStore.unknown)])
  }

  /// The state after a stack's items have resumed.
  mutating func resumed(_ stack: StackStore.StackID) throws(GrammarError) -> StateID {
    try state(reaching: stacks[stack])
  }

  /// The state after a byte; `dead` when it cannot follow.
  @inline(__always)
  mutating func next(_ state: StateID, _ byte: UInt8) throws(GrammarError) -> StateID {
    let byteClass = Int(network.byteClasses[Int(byte)])
    let known = nextStates[Int(state) * classCount + byteClass]
    return known >= 0 ? known : try computeNext(state, byteClass)
  }

  /// Whether a state looked at without its stack has come to the end of its rule.
  @inline(__always)
  func leaves(_ state: StateID) -> Bool { leavesRule[Int(state)] }

  private mutating func computeNext(_ state: StateID, _ byteClass: Int) throws(GrammarError) -> StateID {
    let byte = network.classBytes[byteClass]
    let moves = try self.moves(of: state)
    try spend(items: moves.count)
    let next = try self.state(reaching: moves.lazy.filter { $0.bytes.contains(byte) }.map(\.target))
    nextStates[Int(state) * classCount + byteClass] = next
    return next
  }

  private mutating func spend(items count: Int) throws(GrammarError) { try spend(64 * count) }

  mutating func spend(_ count: Int) throws(GrammarError) {
    work -= count
    guard work >= 0 else { throw GrammarError("the grammar is too ambiguous here to be followed: simplify it") }
  }

  /// The state of items that were reached by a byte: rules that have ended are left, as far as their callers resume.
  private mutating func state(reaching reached: some Sequence<Item>) throws(GrammarError) -> StateID {
    var state = State()
    var seen: Set<Item> = []
    var pending = Array(reached)
    while let item = pending.popLast() {
      guard item.state >= 0 else {
        if item == .textEnd { state.allowsEnd = true } else { state.leaves = true }
        continue
      }
      guard seen.insert(item).inserted else { continue }
      if network.canEnd(item) { pending += stacks[item.stack] }
      if network.canProceed(item) { state.items.append(item) }
    }
    try spend(items: seen.count)
    guard seen.count <= GrammarLimits.itemCount else {
      throw GrammarError("the grammar can read the text in too many ways: make it less ambiguous")
    }
    state.items.sort()
    return try id(of: state)
  }

  private mutating func id(of state: State) throws(GrammarError) -> StateID {
    if let known = ids[state] { return known }
    guard states.count + stacks.count < 4 * GrammarLimits.machineStateCount else {
      throw GrammarError("the grammar needs too many states to be followed here: simplify it")
    }
    return add(state)
  }

  private mutating func add(_ state: State) -> StateID {
    let id = StateID(states.count)
    states.append(state)
    ids[state] = id
    moves.append(nil)
    leavesRule.append(state.leaves)
    nextStates.append(contentsOf: repeatElement(-1, count: classCount))
    return id
  }

  private mutating func moves(of state: StateID) throws(GrammarError) -> [Move] {
    if let known = moves[Int(state)] { return known }
    var expansion = Expansion(network)
    for item in states[Int(state)].items { expansion.visit(item, &stacks) }
    try expansion.enterCalledRules(&stacks)
    try spend(items: expansion.seenCount)
    moves[Int(state)] = expansion.moves
    return expansion.moves
  }
}

extension Network {
  /// Whether the item's rule may end here.
  func canEnd(_ item: Item) -> Bool {
    let state = states[Int(item.state)]
    return state.isFinal || state.loop.map { item.count >= $0.minimum } ?? false
  }

  /// Whether the item's rule may read a byte here.
  func canProceed(_ item: Item) -> Bool {
    let state = states[Int(item.state)]
    guard let loop = state.loop else { return state.proceeds }
    return loop.maximum.map { item.count < $0 } ?? true
  }
}
