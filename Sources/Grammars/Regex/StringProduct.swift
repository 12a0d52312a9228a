/// Strings that several languages and bounds of length describe, together.
struct StringProduct {
  private struct State: Hashable {
    var places: [ScalarAutomaton.Place]
    var length: Int
  }

  /// Which automata must accept a string, by index.
  typealias Acceptance = [Bool]

  let automata: [ScalarAutomaton]
  let minimum: Int
  let maximum: Int?

  /// A graph of the strings whose acceptance by the automata satisfies `isWanted`.
  /// - Parameter spelling: the expression of a set of scalars.
  /// - Throws: `GrammarError` when it has too many states.
  func graph(
    isWanted: (Acceptance) -> Bool, spelling: (ScalarSet) -> Expression
  ) throws(GrammarError) -> ExpressionGraph {
    var graph = ExpressionGraph()
    let start = State(places: automata.map(\.start), length: 0)
    var ids = [start: 0]
    var pending = [start]
    var work = GrammarLimits.stringWorkCount
    while let state = pending.popLast() {
      let id = ids[state] ?? 0
      if state.length >= minimum, isWanted(zip(automata, state.places).map { $0.accepts($1) }) {
        graph.finals.insert(id)
      }
      if let maximum, state.length == maximum { continue }
      for (next, set) in try moves(state, &work) {
        if ids[next] == nil {
          guard graph.stateCount < GrammarLimits.stringStateCount else {
            throw GrammarError("has more than \(GrammarLimits.stringStateCount) states: simplify it")
          }
          ids[next] = graph.addState()
          pending.append(next)
        }
        graph.connect(id, spelling(set), ids[next] ?? 0)
      }
    }
    return graph
  }

  /// Where each scalar leads, in the order of the scalars.
  private func moves(_ state: State, _ work: inout Int) throws(GrammarError) -> [(State, ScalarSet)] {
    // Without a maximum nothing above the minimum has to be counted.
    let length = maximum == nil ? min(state.length + 1, minimum) : state.length + 1
    var bounds: Set<UInt32> = [0]
    for (automaton, place) in zip(automata, state.places) { bounds.formUnion(automaton.bounds(of: place)) }
    let starts = bounds.filter { $0 <= 0x10FFFF }.sorted()
    for (automaton, place) in zip(automata, state.places) { work -= starts.count * automaton.cost(of: place) }
    guard work > 0 else { throw GrammarError("is too ambiguous to be combined: simplify it") }
    var order: [State] = []
    var ranges: [State: [ClosedRange<UInt32>]] = [:]
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] - 1 : 0x10FFFF
      let next = State(places: zip(automata, state.places).map { $0.next($1, start) }, length: length)
      if ranges[next] == nil { order.append(next) }
      ranges[next, default: []].append(start...end)
    }
    return order.map { ($0, ScalarSet(ranges[$0] ?? [])) }
  }
}
