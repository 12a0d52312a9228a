/// The texts in which none of some phrases occurs: an automaton that knows how much of a phrase was just read
/// (Aho and Corasick, 1975).
struct FreeText {
  /// States are beginnings of phrases; 0 is the empty one.
  private var children: [[Unicode.Scalar: Int]] = [[:]]
  private var isPhrase = [false]

  /// - Throws: `GrammarError` for an empty phrase, and for more than 4096 characters of them.
  static func graph(excluding phrases: [String]) throws(GrammarError) -> ExpressionGraph {
    guard phrases.allSatisfy({ !$0.isEmpty }) else { throw GrammarError("excludes holds an empty text") }
    guard phrases.reduce(0, { $0 + $1.unicodeScalars.count }) <= 4096 else {
      throw GrammarError("excludes holds more than 4096 characters")
    }
    var automaton = FreeText()
    for phrase in phrases { automaton.insert(phrase) }
    return automaton.graph()
  }

  private mutating func insert(_ phrase: String) {
    var state = 0
    for scalar in phrase.unicodeScalars {
      if let next = children[state][scalar] {
        state = next
      } else {
        children.append([:])
        isPhrase.append(false)
        children[state][scalar] = children.count - 1
        state = children.count - 1
      }
    }
    isPhrase[state] = true
  }

  /// By state, where each character leads that leads anywhere but to the start.
  private func transitions() -> (targets: [[Unicode.Scalar: Int]], isDead: [Bool]) {
    var targets = children
    var isDead = isPhrase
    var fallbacks = [Int](repeating: 0, count: children.count)
    var queue = Array(children[0].values)
    var at = 0
    while at < queue.count {
      let state = queue[at]
      at += 1
      let fallback = fallbacks[state]
      isDead[state] = isDead[state] || isDead[fallback]
      for (scalar, child) in children[state] {
        fallbacks[child] = targets[fallback][scalar] ?? 0
        queue.append(child)
      }
      targets[state].merge(targets[fallback]) { own, _ in own }
    }
    return (targets, isDead)
  }

  private func graph() -> ExpressionGraph {
    let (targets, isDead) = transitions()
    var graph = ExpressionGraph()
    for _ in children.dropFirst() { _ = graph.addState() }
    for state in children.indices where !isDead[state] {
      graph.finals.insert(state)
      let known = ScalarSet(targets[state].keys.map { $0.value...$0.value })
      graph.connect(state, .scalars(known.complement), 0)
      for (scalar, target) in targets[state].sorted(by: { $0.key < $1.key }) where !isDead[target] {
        graph.connect(state, .scalars(ScalarSet(scalar)), target)
      }
    }
    return graph
  }
}
