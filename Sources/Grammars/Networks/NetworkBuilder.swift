/// Draws the states and edges of a grammar's rules.
struct NetworkBuilder {
  private var states: [Network.State] = []
  private var rules: [Network.Rule] = []
  private var edgeCount = 0
  /// Bodies that are still to be drawn, with their first state.
  private var pending: [(body: Expression, start: Network.StateID)] = []

  mutating func network(of grammar: Grammar) throws(GrammarError) -> Network {
    for rule in grammar.rules { _ = try addRule(rule.name, rule.body) }
    while let next = pending.popLast() {
      let end = try addState()
      states[Int(end)].isFinal = true
      try draw(next.body, from: next.start, to: end)
    }
    return Network(states: states, rules: rules, root: Network.RuleID(grammar.root))
  }

  private mutating func addRule(_ name: String, _ body: Expression) throws(GrammarError) -> Network.RuleID {
    guard rules.count < GrammarLimits.ruleCount else {
      throw GrammarError("the grammar has more than \(GrammarLimits.ruleCount) rules: simplify it")
    }
    let start = try addState()
    rules.append(Network.Rule(name: name, start: start))
    pending.append((body, start))
    return Network.RuleID(rules.count - 1)
  }

  private mutating func addState() throws(GrammarError) -> Network.StateID {
    guard states.count < GrammarLimits.stateCount else {
      throw GrammarError("the grammar has more than \(GrammarLimits.stateCount) states: simplify it")
    }
    states.append(Network.State())
    return Network.StateID(states.count - 1)
  }

  private mutating func countEdge() throws(GrammarError) {
    edgeCount += 1
    guard edgeCount <= GrammarLimits.edgeCount else {
      throw GrammarError("the grammar has more than \(GrammarLimits.edgeCount) edges: simplify it")
    }
  }

  private mutating func draw(
    _ expression: Expression, from: Network.StateID, to: Network.StateID
  ) throws(GrammarError) {
    switch expression {
    case .literal(let bytes): try draw(path: bytes.map { $0...$0 }, from: from, to: to)
    case .scalars(let set): for path in UTF8Paths.paths(of: set) { try draw(path: path, from: from, to: to) }
    case .sequence(let parts):
      var at = from
      for part in parts.dropLast() {
        let next = try addState()
        try draw(part, from: at, to: next)
        at = next
      }
      if let last = parts.last { try draw(last, from: at, to: to) } else { try drawSilent(from: from, to: to) }
    case .choice(let parts): for part in parts { try draw(part, from: from, to: to) }
    case .rule(let rule): try drawCall(Network.RuleID(rule), from: from, to: to)
    case .graph(let graph): try draw(graph, from: from, to: to)
    case .repetition(let body, let minimum, let maximum):
      try draw(body, minimum: minimum, maximum: maximum, from: from, to: to)
    }
  }

  private mutating func drawSilent(from: Network.StateID, to: Network.StateID) throws(GrammarError) {
    try countEdge()
    states[Int(from)].silent.append(to)
  }

  private mutating func drawCall(
    _ rule: Network.RuleID, from: Network.StateID, to: Network.StateID
  ) throws(GrammarError) {
    try countEdge()
    states[Int(from)].calls.append(Network.CallEdge(rule: rule, target: to))
  }

  private mutating func draw(
    path: [ClosedRange<UInt8>], from: Network.StateID, to: Network.StateID
  ) throws(GrammarError) {
    if path.isEmpty { return try drawSilent(from: from, to: to) }
    var at = from
    for (index, bytes) in path.enumerated() {
      let next = index == path.count - 1 ? to : try addState()
      try countEdge()
      states[Int(at)].bytes.append(Network.ByteEdge(bytes: bytes, target: next))
      at = next
    }
  }

  private mutating func draw(
    _ graph: ExpressionGraph, from: Network.StateID, to: Network.StateID
  ) throws(GrammarError) {
    var drawn: [Network.StateID] = []
    for _ in 0..<graph.stateCount { drawn.append(try addState()) }
    try drawSilent(from: from, to: drawn[0])
    for edge in graph.edges { try draw(edge.label, from: drawn[edge.from], to: drawn[edge.to]) }
    for final in graph.finals.sorted() { try drawSilent(from: drawn[final], to: to) }
  }

  private mutating func draw(
    _ body: Expression, minimum: Int, maximum: Int?, from: Network.StateID, to: Network.StateID
  ) throws(GrammarError) {
    guard minimum >= 0, max(minimum, maximum ?? 0) <= GrammarLimits.repetitionCount else {
      throw GrammarError("a repetition asks for more than \(GrammarLimits.repetitionCount) times")
    }
    switch (minimum, maximum) {
    case (_, let maximum?) where maximum < minimum: return
    case (0, 0): try drawSilent(from: from, to: to)
    case (1, 1): try draw(body, from: from, to: to)
    case (0, 1):
      try drawSilent(from: from, to: to)
      try draw(body, from: from, to: to)
    case (0, nil), (1, nil):
      let loop = try addState()
      if minimum == 0 { try drawSilent(from: from, to: loop) } else { try draw(body, from: from, to: loop) }
      try draw(body, from: loop, to: loop)
      try drawSilent(from: loop, to: to)
    default: try drawCall(try loopRule(body, minimum: minimum, maximum: maximum), from: from, to: to)
    }
  }

  /// A rule that counts calls of another one.
  private mutating func loopRule(
    _ body: Expression, minimum: Int, maximum: Int?
  ) throws(GrammarError) -> Network.RuleID {
    let called: Network.RuleID
    if case .rule(let rule) = body {
      called = Network.RuleID(rule)
    } else {
      called = try addRule("a repeated part", body)
    }
    guard rules.count < GrammarLimits.ruleCount else {
      throw GrammarError("the grammar has more than \(GrammarLimits.ruleCount) rules: simplify it")
    }
    let start = try addState()
    states[Int(start)].loop = Network.CountedLoop(
      rule: called, minimum: Int32(minimum), maximum: maximum.map { Int32($0) })
    rules.append(Network.Rule(name: "a repetition", start: start))
    return Network.RuleID(rules.count - 1)
  }
}
