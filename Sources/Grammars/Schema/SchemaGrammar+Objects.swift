extension SchemaGrammar {
  /// An object: declared properties in their order, then others. States count the properties written so far, as far as
  /// it matters.
  mutating func object(_ shape: SchemaShape) throws(GrammarError) -> Expression {
    let others = try undeclared(shape)
    if let others, shape.propertyNames.isEmpty, others.isAnything, shape.minimumPropertyCount == 0,
      shape.maximumPropertyCount == nil
    {
      return json.object
    }
    if others != nil, shape.minimumPropertyCount > max(1, shape.required.count) {
      throw document.error(
        shape.place, "minProperties", "cannot be enforced with names that are not declared: they may repeat")
    }
    let names = try writableNames(shape)
    let top = max(1, shape.minimumPropertyCount, shape.maximumPropertyCount ?? 0)
    guard (names.count + 1) * (top + 1) <= GrammarLimits.stateCount else {
      throw document.error(shape.place, "maxProperties", "is too large to be enforced")
    }
    var graph = ExpressionGraph()
    // By property and number written.
    var row = [0] + (0..<top).map { _ in graph.addState() }
    for name in names {
      let next = (0...top).map { _ in graph.addState() }
      let pair = Expression.sequence([
        .literal(JSONText.quoted(name)), .text(":"), json.blanks,
        try value(shape.properties[name] ?? SchemaConjunction()),
      ])
      for count in 0...top {
        if !shape.required.contains(name) { graph.connect(row[count], .empty, next[count]) }
        connect(row[count], pair, next, count, top, shape, &graph)
      }
      row = next
    }
    if let others {
      for count in 0...top { connect(row[count], others.pair, row, count, top, shape, &graph) }
    }
    for count in 0...top where count >= shape.minimumPropertyCount { graph.finals.insert(row[count]) }
    return wrapped(graph, empty: row[0])
  }

  private func connect(
    _ from: Int, _ pair: Expression, _ row: [Int], _ count: Int, _ top: Int, _ shape: SchemaShape,
    _ graph: inout ExpressionGraph
  ) {
    if let maximum = shape.maximumPropertyCount, count >= maximum { return }
    let label = count == 0 ? pair : .sequence([.text(","), json.blanks, pair])
    graph.connect(from, label, row[min(count + 1, top)])
  }

  /// Braces around the members, with white space behind the last one if there is one.
  private func wrapped(_ graph: ExpressionGraph, empty: Int) -> Expression {
    var graph = graph
    let end = graph.addState()
    for final in graph.finals { graph.connect(final, final == empty ? .empty : json.blanks, end) }
    graph.finals = [end]
    return .sequence([.text("{"), json.blanks, .graph(graph), .text("}")])
  }

  /// Declared names that `propertyNames` allows.
  private func writableNames(_ shape: SchemaShape) throws(GrammarError) -> [[UInt8]] {
    var names = shape.propertyNames
    for pattern in shape.namePatterns {
      let automaton = try pattern.automaton()
      var kept: [[UInt8]] = []
      for name in names {
        try document.spend(automaton.cost(ofLength: name.count))
        if pattern.matches(name, automaton) {
          kept.append(name)
        } else if shape.required.contains(name) {
          throw GrammarError("\(pattern.origin) forbids \(String(decoding: name, as: UTF8.self)), which is required")
        }
      }
      names = kept
    }
    return names
  }

  private struct Undeclared {
    let pair: Expression
    /// Whether any name may have any value.
    let isAnything: Bool
  }

  /// A member whose name is not declared; nil where none is written.
  private mutating func undeclared(_ shape: SchemaShape) throws(GrammarError) -> Undeclared? {
    guard shape.writesAdditional else { return nil }
    let isPlain = shape.patternProperties.isEmpty && shape.namePatterns.isEmpty
    if isPlain, shape.additional.parts.contains(where: { document[$0.place] == .bool(false) }) { return nil }
    if isPlain, shape.propertyNames.isEmpty {
      let value = try value(shape.additional)
      let pair = Expression.sequence([json.string, .text(":"), json.blanks, value])
      return Undeclared(pair: pair, isAnything: shape.additional.isEmpty)
    }
    return Undeclared(pair: try patternedPair(shape), isAnything: false)
  }

  /// Patterns divide names by which of them match; declared names are left out.
  private mutating func patternedPair(_ shape: SchemaShape) throws(GrammarError) -> Expression {
    let patterns = shape.patternProperties.map(\.pattern)
    guard patterns.count <= 6 else {
      throw document.error(shape.place, "patternProperties", "has more than 6 patterns, which cannot be enforced")
    }
    let declared = RegexLanguage(
      .choice(
        shape.propertyNames.map { name in
          .sequence(String(decoding: name, as: UTF8.self).unicodeScalars.map { .scalars(ScalarSet($0)) })
        }))
    var automata: [ScalarAutomaton] = []
    for pattern in patterns + shape.namePatterns { automata.append(try pattern.automaton()) }
    automata.append(try SchemaShape.Pattern(language: declared, origin: "the names of an object").automaton())
    let product = StringProduct(automata: automata, minimum: 0, maximum: nil)
    var choices: [Expression] = []
    for subset in 0..<1 << patterns.count {
      let isMatched = patterns.indices.map { subset >> $0 & 1 == 1 }
      let wanted = isMatched + shape.namePatterns.map { _ in true } + [false]
      var schema = subset == 0 ? shape.additional : SchemaConjunction()
      for (index, property) in shape.patternProperties.enumerated() where isMatched[index] {
        schema.formUnion(property.value)
      }
      let name: ExpressionGraph
      do {
        name = try product.graph(isWanted: { $0 == wanted }, spelling: { JSONRules.spelling($0) })
      } catch {
        throw GrammarError("\(document.pointer(shape.place)): the names of its properties make a pattern that \(error)")
      }
      guard !name.finals.isEmpty else { continue }
      choices.append(
        .sequence([.text("\""), .graph(name), .text("\":"), json.blanks, try value(schema)]))
    }
    return .choice(choices)
  }
}
