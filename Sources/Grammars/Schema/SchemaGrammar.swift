/// Compiles a JSON Schema (draft 2020-12) to a grammar of the JSON texts that are valid under it.
///
/// Every conjunction of schemas that a value may have to satisfy is a rule, so that references may be recursive. The
/// grammar may be narrower than the schema, never wider: properties come in the order in which they are declared, names
/// that are not declared only where the schema speaks of them, numbers have at most 15 digits before the point.
struct SchemaGrammar {
  private(set) var grammar = Grammar()
  let document: SchemaDocument
  let json: JSONRules
  private var rules: [SchemaConjunction: Grammar.RuleID] = [:]
  /// Rules whose bodies are still to be made.
  private var pending: [(conjunction: SchemaConjunction, rule: Grammar.RuleID)] = []

  /// - Throws: `GrammarError` that names the keyword and its JSON pointer.
  static func grammar(_ text: String) throws(GrammarError) -> Grammar {
    var compiler = try SchemaGrammar(text)
    try compiler.compile()
    return compiler.grammar
  }

  private init(_ text: String) throws(GrammarError) {
    document = try SchemaDocument(try SchemaValue.parsed(text))
    grammar.rules = [Grammar.Rule(name: "#", body: .empty)]
    json = JSONRules(&grammar)
  }

  private mutating func compile() throws(GrammarError) {
    let root = SchemaConjunction([SchemaDocument.rootPlace])
    rules[root] = 0
    pending = [(root, 0)]
    while let next = pending.popLast() {
      var choices: [Expression] = []
      for shape in try SchemaBranches.shapes(of: next.conjunction, in: document) { choices.append(try body(shape)) }
      grammar.rules[next.rule].body = choices.count == 1 ? choices[0] : .choice(choices)
    }
  }

  /// What values under a conjunction match.
  mutating func value(_ conjunction: SchemaConjunction) throws(GrammarError) -> Expression {
    if conjunction.isEmpty { return json.value }
    if let known = rules[conjunction] { return .rule(known) }
    guard grammar.rules.count < GrammarLimits.ruleCount else {
      throw GrammarError("the schema makes more than \(GrammarLimits.ruleCount) rules: simplify it")
    }
    grammar.rules.append(Grammar.Rule(name: document.pointer(conjunction.parts[0].place), body: .empty))
    let rule = grammar.rules.count - 1
    rules[conjunction] = rule
    pending.append((conjunction, rule))
    return .rule(rule)
  }

  private mutating func body(_ shape: SchemaShape) throws(GrammarError) -> Expression {
    if let constants = shape.constants {
      var texts: [[UInt8]] = []
      for value in constants where try SchemaCheck(document).admits(value, shape) { texts.append(value.text) }
      return .graph(.choice(of: texts))
    }
    var choices: [Expression] = []
    for kind in SchemaKind.allCases where shape.kinds.contains(kind) {
      switch kind {
      case .null: choices.append(JSONRules.null)
      case .boolean: choices.append(JSONRules.boolean)
      case .integer: if !shape.kinds.contains(.number) { choices.append(number(shape, allowsFraction: false)) }
      case .number: choices.append(number(shape, allowsFraction: true))
      case .string: choices.append(try string(shape))
      case .array: choices.append(try array(shape))
      case .object: choices.append(try object(shape))
      }
    }
    return .choice(choices)
  }

  private func number(_ shape: SchemaShape, allowsFraction: Bool) -> Expression {
    let isBare = shape.minimum == nil && shape.maximum == nil && shape.divisors.isEmpty
    if isBare { return allowsFraction ? json.number : json.integer }
    return NumberRange(
      minimum: shape.minimum, maximum: shape.maximum, allowsFraction: allowsFraction && shape.divisors.isEmpty,
      divisor: SchemaShape.leastCommonMultiple(shape.divisors)
    ).expression
  }

  private func string(_ shape: SchemaShape) throws(GrammarError) -> Expression {
    if shape.patterns.isEmpty {
      if shape.minimumLength == 0, shape.maximumLength == nil { return json.string }
      return .sequence([
        .text("\""),
        .repetition(json.character, minimum: shape.minimumLength, maximum: shape.maximumLength), .text("\""),
      ])
    }
    return .sequence([.text("\""), try stringContent(shape), .text("\"")])
  }

  private func stringContent(_ shape: SchemaShape) throws(GrammarError) -> Expression {
    let hasLength = shape.minimumLength > 0 || shape.maximumLength != nil
    if shape.patterns.count == 1, !hasLength { return shape.patterns[0].language.expression.spelled() }
    var automata: [ScalarAutomaton] = []
    for pattern in shape.patterns { automata.append(try pattern.automaton()) }
    let product = StringProduct(automata: automata, minimum: shape.minimumLength, maximum: shape.maximumLength)
    do {
      return .graph(
        try product.graph(isWanted: { $0.allSatisfy { $0 } }, spelling: { JSONRules.spelling($0) }))
    } catch {
      throw GrammarError("\(shape.patterns[0].origin), with what else the schema asks of the text, \(error)")
    }
  }

  private mutating func array(_ shape: SchemaShape) throws(GrammarError) -> Expression {
    let separator = Expression.sequence([.text(","), json.blanks])
    let (minimum, maximum) = (shape.minimumItemCount, shape.maximumItemCount)
    if let maximum, maximum < minimum { return .choice([]) }
    var graph = ExpressionGraph()
    var state = 0
    let prefix = shape.prefix.prefix(maximum ?? Int.max)
    for (index, item) in prefix.enumerated() {
      if index >= minimum { graph.finals.insert(state) }
      let next = graph.addState()
      let value = try value(item)
      graph.connect(state, index == 0 ? value : .sequence([separator, value]), next)
      state = next
    }
    let count = prefix.count
    if count >= minimum { graph.finals.insert(state) }
    if maximum.map({ $0 > count }) ?? true {
      let value = try value(shape.items)
      let first = count == 0 ? value : .sequence([separator, value])
      let rest = Expression.repetition(
        .sequence([separator, value]), minimum: max(0, minimum - count - 1), maximum: maximum.map { $0 - count - 1 })
      let end = graph.addState()
      graph.connect(state, .sequence([first, rest]), end)
      graph.finals.insert(end)
    }
    let isEmptyAllowed = graph.finals.remove(0) != nil
    let items = Expression.sequence([.graph(graph), json.blanks])
    return .sequence([
      .text("["), json.blanks, isEmptyAllowed ? .optional(items) : items, .text("]"),
    ])
  }
}

extension SchemaShape {
  /// 1 for no divisors; beyond what is supported stays above it.
  static func leastCommonMultiple(_ divisors: [Int]) -> Int {
    divisors.reduce(1) { multiple, divisor in
      var (a, b) = (multiple, divisor)
      while b != 0 { (a, b) = (b, a % b) }
      return min(multiple / a * divisor, 1 << 20)
    }
  }
}

extension Expression {
  /// The expression of a regular language, its characters as JSON spells them.
  func spelled() -> Expression {
    switch self {
    case .scalars(let set): JSONRules.spelling(set)
    case .sequence(let parts): .sequence(parts.map { $0.spelled() })
    case .choice(let parts): .choice(parts.map { $0.spelled() })
    case .repetition(let body, let minimum, let maximum):
      .repetition(body.spelled(), minimum: minimum, maximum: maximum)
    case .literal, .rule, .graph: preconditionFailure("a regular expression is made of scalars")
    }
  }
}
