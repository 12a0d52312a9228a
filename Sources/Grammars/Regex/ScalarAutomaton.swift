/// A regular language as a nondeterministic automaton that reads scalars. State 0 is the start.
struct ScalarAutomaton: Sendable {
  private struct State: Sendable {
    var edges: [(set: ScalarSet, target: Int)] = []
    var silent: [Int] = []
  }

  private var states: [State] = [State()]
  private var final = 0

  /// - Throws: `GrammarError` when it has too many states.
  init(_ language: RegexLanguage) throws(GrammarError) {
    final = try addState()
    try draw(language.expression, from: 0, to: final)
  }

  private mutating func addState() throws(GrammarError) -> Int {
    guard states.count < GrammarLimits.stringStateCount else {
      throw GrammarError("has more than \(GrammarLimits.stringStateCount) states: simplify it")
    }
    states.append(State())
    return states.count - 1
  }

  private mutating func draw(_ expression: Expression, from: Int, to: Int) throws(GrammarError) {
    switch expression {
    case .scalars(let set): states[from].edges.append((set, to))
    case .sequence(let parts):
      var at = from
      for part in parts {
        let next = try addState()
        try draw(part, from: at, to: next)
        at = next
      }
      states[at].silent.append(to)
    case .choice(let parts): for part in parts { try draw(part, from: from, to: to) }
    case .repetition(let body, let minimum, let maximum):
      var at = from
      for _ in 0..<minimum {
        let next = try addState()
        try draw(body, from: at, to: next)
        at = next
      }
      guard let maximum else {
        let loop = try addState()
        states[at].silent.append(loop)
        try draw(body, from: loop, to: loop)
        states[loop].silent.append(to)
        return
      }
      for _ in minimum..<max(minimum, maximum) {
        states[at].silent.append(to)
        let next = try addState()
        try draw(body, from: at, to: next)
        at = next
      }
      states[at].silent.append(to)
    case .literal, .rule, .graph: preconditionFailure("a regular expression is made of scalars")
    }
  }

  /// A set of states, with all that silent edges reach.
  typealias Place = Set<Int>

  var start: Place { closure([0]) }

  func accepts(_ place: Place) -> Bool { place.contains(final) }

  func next(_ place: Place, _ scalar: UInt32) -> Place {
    closure(place.flatMap { states[$0].edges.filter { $0.set.contains(scalar) }.map(\.target) })
  }

  /// The first scalars of the ranges that the edges of a place tell apart.
  func bounds(of place: Place) -> Set<UInt32> {
    var bounds: Set<UInt32> = []
    for range in place.lazy.flatMap({ states[$0].edges }).flatMap(\.set.ranges) {
      bounds.insert(range.lowerBound)
      bounds.insert(range.upperBound + 1)
    }
    return bounds
  }

  private func closure(_ reached: [Int]) -> Place {
    var place = Set(reached)
    var work = reached
    while let state = work.popLast() {
      for target in states[state].silent where place.insert(target).inserted { work.append(target) }
    }
    return place
  }

  /// Ranges that `next` looks at, and states.
  func cost(of place: Place) -> Int {
    place.reduce(1) { $0 + 1 + states[$1].edges.reduce(0) { $0 + $1.set.ranges.count } }
  }

  /// What reading a text of this length may cost.
  func cost(ofLength length: Int) -> Int { length * cost(of: Set(states.indices)) }

  func accepts(_ text: some Sequence<Unicode.Scalar>) -> Bool {
    var place = start
    for scalar in text { place = next(place, scalar.value) }
    return accepts(place)
  }
}
