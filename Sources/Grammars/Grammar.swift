/// A context-free grammar over UTF-8 text: rules that may call each other, but not before they have read a byte
/// (left recursion is refused when a network is made of it).
package struct Grammar: Hashable, Sendable {
  struct Rule: Hashable, Sendable {
    /// For messages.
    var name: String
    var body: Expression
  }

  /// Names a rule: its index in `rules`.
  typealias RuleID = Int

  var rules: [Rule] = []
  /// The rule that a whole text matches.
  var root: RuleID = 0

  /// A grammar of one rule.
  init(root body: Expression) { rules = [Rule(name: "root", body: body)] }

  init() {}
}

/// What a rule matches.
indirect enum Expression: Hashable, Sendable {
  case literal([UInt8])
  /// One scalar, in UTF-8.
  case scalars(ScalarSet)
  case sequence([Expression])
  case choice([Expression])
  /// From `minimum` up to `maximum` times; any number of times without a maximum.
  case repetition(Expression, minimum: Int, maximum: Int?)
  case rule(Grammar.RuleID)
  case graph(ExpressionGraph)

  static let empty = Expression.sequence([])

  static func text(_ text: String) -> Expression { .literal(Array(text.utf8)) }

  static func optional(_ body: Expression) -> Expression { .repetition(body, minimum: 0, maximum: 1) }
}

/// States, and edges between them that each match an expression. It matches from state 0 to a final state.
struct ExpressionGraph: Hashable, Sendable {
  struct Edge: Hashable, Sendable {
    let from: Int
    let label: Expression
    let to: Int
  }

  var edges: [Edge] = []
  var finals: Set<Int> = []
  private(set) var stateCount = 1

  /// Adds a state.
  mutating func addState() -> Int {
    stateCount += 1
    return stateCount - 1
  }

  mutating func connect(_ from: Int, _ label: Expression, _ to: Int) {
    edges.append(Edge(from: from, label: label, to: to))
  }

  /// One of several texts, with their common beginnings merged.
  static func choice(of texts: [[UInt8]]) -> ExpressionGraph {
    struct Step: Hashable {
      let from: Int
      let byte: UInt8
    }
    var graph = ExpressionGraph()
    var targets: [Step: Int] = [:]
    for text in texts {
      var state = 0
      for byte in text {
        let step = Step(from: state, byte: byte)
        if let target = targets[step] {
          state = target
        } else {
          let target = graph.addState()
          graph.connect(state, .literal([byte]), target)
          targets[step] = target
          state = target
        }
      }
      graph.finals.insert(state)
    }
    return graph
  }
}
