/// A grammar as a recursive transition network over bytes: each rule is a nondeterministic automaton whose edges read a
/// byte, read what another rule matches, or read nothing.
///
/// Every state can reach the end of its rule with the bytes that the vocabulary covers, and no rule can call itself
/// before it has read a byte. So whatever follows a state's edges never comes to a dead end, and stacks stay finite.
struct Network: Sendable {
  typealias StateID = Int32
  typealias RuleID = Int32

  struct State: Sendable {
    var bytes: [ByteEdge] = []
    var calls: [CallEdge] = []
    /// States that are reached without reading.
    var silent: [StateID] = []
    /// Whether the rule ends here, or where silent edges lead.
    var isFinal = false
    /// Whether a byte can be read in this rule, here or where silent edges lead.
    var proceeds = false
    /// The state counts how often a rule was called; it has no edges then.
    var loop: CountedLoop?
  }

  struct ByteEdge: Hashable, Sendable {
    var bytes: ClosedRange<UInt8>
    var target: StateID
  }

  struct CallEdge: Hashable, Sendable {
    var rule: RuleID
    /// Where the caller resumes.
    var target: StateID
  }

  /// `rule{minimum,maximum}`, without a state for each number. What is read is a rule of one state.
  struct CountedLoop: Hashable, Sendable {
    var rule: RuleID
    var minimum: Int32
    /// Nil: any number.
    var maximum: Int32?
  }

  struct Rule: Sendable {
    let name: String
    let start: StateID
    /// Rules that this one calls before it reads a byte have higher ranks.
    var rank: Int32 = 0
  }

  var states: [State] = []
  var rules: [Rule] = []
  var root: RuleID = 0
  /// For each rule that a loop calls, a loop without bounds that counts on.
  private(set) var freeLoops: [RuleID: StateID] = [:]
  /// The class of each byte: the network does not tell bytes of a class apart.
  var byteClasses = [UInt8](repeating: 0, count: 256)
  /// A byte of each class.
  var classBytes: [UInt8] = [0]

  /// The network of a grammar, limited to bytes that can be spelled.
  /// - Parameter coveredBytes: the bytes that the vocabulary has tokens for.
  /// - Throws: `GrammarError` for left recursion, limits, and grammars that match no text that can be spelled.
  init(_ grammar: Grammar, coveredBytes: Set<UInt8>) throws(GrammarError) {
    var builder = NetworkBuilder()
    self = try builder.network(of: grammar)
    skipNullableCalls()
    keepProductive(coveredBytes)
    guard !states[Int(rules[Int(root)].start)].isDead else {
      throw GrammarError("no text that the model's vocabulary can spell matches the grammar: relax it")
    }
    try rankRules()
    markStates()
    divideBytes()
    addFreeLoops()
  }

  private mutating func addFreeLoops() {
    for loop in states.compactMap(\.loop) where freeLoops[loop.rule] == nil {
      freeLoops[loop.rule] = StateID(states.count)
      states.append(
        State(proceeds: true, loop: CountedLoop(rule: loop.rule, minimum: 0, maximum: Int32.max)))
    }
  }

  init(states: [State], rules: [Rule], root: RuleID) {
    self.states = states
    self.rules = rules
    self.root = root
  }
}

extension Network.State {
  /// Whether neither the end nor a byte can be reached.
  var isDead: Bool { !isFinal && bytes.isEmpty && calls.isEmpty && silent.isEmpty && loop == nil }
}
