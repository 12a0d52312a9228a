extension Grammar {
  /// Takes over the rules of another grammar, and returns what its whole texts match.
  mutating func merge(_ other: Grammar) throws(GrammarError) -> Expression {
    let offset = rules.count
    guard offset + other.rules.count <= GrammarLimits.ruleCount else {
      throw GrammarError("there are more than \(GrammarLimits.ruleCount) rules: simplify it")
    }
    rules += other.rules.map { Rule(name: $0.name, body: $0.body.renumbered(by: offset)) }
    return .rule(other.root + offset)
  }
}

extension Expression {
  /// The same with other numbers of rules.
  fileprivate func renumbered(by offset: Int) -> Expression {
    switch self {
    case .literal, .scalars: return self
    case .sequence(let parts): return .sequence(parts.map { $0.renumbered(by: offset) })
    case .choice(let parts): return .choice(parts.map { $0.renumbered(by: offset) })
    case .repetition(let body, let minimum, let maximum):
      return .repetition(body.renumbered(by: offset), minimum: minimum, maximum: maximum)
    case .rule(let rule): return .rule(rule + offset)
    case .graph(var graph):
      graph.edges = graph.edges.map {
        ExpressionGraph.Edge(from: $0.from, label: $0.label.renumbered(by: offset), to: $0.to)
      }
      return .graph(graph)
    }
  }
}
