extension SchemaShape.Pattern {
  /// - Throws: `GrammarError` when it is too large.
  func automaton() throws(GrammarError) -> ScalarAutomaton {
    do {
      return try ScalarAutomaton(language)
    } catch {
      throw GrammarError("\(origin) \(error)")
    }
  }

  func matches(_ text: [UInt8], _ automaton: ScalarAutomaton) -> Bool {
    automaton.accepts(String(decoding: text, as: UTF8.self).unicodeScalars)
  }
}

extension SchemaShape {
  /// What it asks of a text, as patterns.
  func stringPatterns(origin: String) -> [Pattern] {
    var all = patterns
    if minimumLength > 0 || maximumLength != nil {
      let length = Expression.repetition(.scalars(.all), minimum: minimumLength, maximum: maximumLength)
      all.append(Pattern(language: RegexLanguage(length), origin: origin))
    }
    if let constants {
      let texts = constants.compactMap { value -> Expression? in
        guard case .string(let text) = value else { return nil }
        return .sequence(String(decoding: text, as: UTF8.self).unicodeScalars.map { .scalars(ScalarSet($0)) })
      }
      all.append(Pattern(language: RegexLanguage(.choice(texts)), origin: origin))
    }
    return all
  }

  mutating func raiseMinimum(_ bound: Bound) {
    if let known = minimum, known.value > bound.value || known.value == bound.value && known.isExclusive { return }
    minimum = bound
  }

  mutating func lowerMaximum(_ bound: Bound) {
    if let known = maximum, known.value < bound.value || known.value == bound.value && known.isExclusive { return }
    maximum = bound
  }
}
