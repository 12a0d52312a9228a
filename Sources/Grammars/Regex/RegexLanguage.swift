/// The texts that a regular expression matches, without anchors.
struct RegexLanguage: Hashable, Sendable {
  /// Of `.scalars`, sequences, choices and repetitions only: what is not JSON's.
  let expression: Expression

  /// - Parameter whole: whether a match is the whole text; else it may lie anywhere in it, as JSON Schema has it.
  /// - Throws: `GrammarError` for what cannot be enforced.
  init(_ pattern: String, whole: Bool) throws(GrammarError) {
    let node = try RegexParser.node(pattern)
    var alternatives: [Expression] = []
    for branch in Self.branches(of: node) {
      var parts = branch
      let isBegun = parts.first == .textStart
      while parts.first == .textStart { parts.removeFirst() }
      let isEnded = parts.last == .textEnd
      while parts.last == .textEnd { parts.removeLast() }
      var expressions: [Expression] = []
      for part in parts { expressions.append(try Self.expression(part)) }
      let anything = Expression.repetition(.scalars(.all), minimum: 0, maximum: nil)
      if !whole, !isBegun { expressions.insert(anything, at: 0) }
      if !whole, !isEnded { expressions.append(anything) }
      alternatives.append(.sequence(expressions))
    }
    expression = alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
  }

  init(_ expression: Expression) { self.expression = expression }

  /// The alternatives of an expression, each as a sequence.
  private static func branches(of node: RegexNode) -> [[RegexNode]] {
    switch node {
    case .choice(let nodes): nodes.flatMap(branches)
    case .sequence(let parts): [parts]
    default: [[node]]
    }
  }

  private static func expression(_ node: RegexNode) throws(GrammarError) -> Expression {
    switch node {
    case .scalars(let set): return .scalars(set)
    case .textStart, .textEnd:
      throw GrammarError("the regular expression has an anchor in its middle: put ^ first and $ last")
    case .sequence(let nodes): return .sequence(try expressions(nodes))
    case .choice(let nodes): return .choice(try expressions(nodes))
    case .repetition(let body, let minimum, let maximum):
      return .repetition(try expression(body), minimum: minimum, maximum: maximum)
    }
  }

  private static func expressions(_ nodes: [RegexNode]) throws(GrammarError) -> [Expression] {
    var expressions: [Expression] = []
    for node in nodes { expressions.append(try expression(node)) }
    return expressions
  }
}
