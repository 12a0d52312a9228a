package import Core

extension Grammar {
  /// The grammar that a constraint's source describes.
  /// - Throws: `GrammarError` that names what cannot be read or enforced.
  package init(_ constraint: TextConstraint) throws(GrammarError) {
    guard constraint.source.utf8.count <= TextConstraint.maximumByteCount else {
      throw GrammarError(
        "the constraint is \(constraint.source.utf8.count) bytes long; at most \(TextConstraint.maximumByteCount) are"
          + " supported")
    }
    switch constraint.kind {
    case .jsonSchema: self = try SchemaGrammar.grammar(constraint.source)
    case .jsonObject:
      self.init()
      rules = [Rule(name: "root", body: .empty)]
      rules[0].body = JSONRules(&self).object
    case .gbnf: self = try GBNFParser.grammar(constraint.source)
    case .regex: self.init(root: try RegexLanguage(constraint.source, whole: true).expression)
    case .choice: self.init(root: .graph(.choice(of: try Self.choices(constraint.source))))
    case .structuralTag: self = try StructuralTag.grammar(constraint.source)
    }
  }

  /// Refuses a constraint that no model could follow.
  /// - Throws: `GrammarError` as compiling it does.
  package static func check(_ constraint: TextConstraint) throws(GrammarError) {
    _ = try Network(Grammar(constraint), coveredBytes: Set(UInt8.min...UInt8.max))
  }

  private static func choices(_ source: String) throws(GrammarError) -> [[UInt8]] {
    guard case .array(let values) = try SchemaValue.parsed(source), !values.isEmpty else {
      throw GrammarError("choice is no list of texts")
    }
    var texts: [[UInt8]] = []
    for value in values {
      guard case .string(let text) = value, !text.isEmpty else {
        throw GrammarError("choice holds something else than texts that are not empty")
      }
      texts.append(text)
    }
    return texts
  }
}
