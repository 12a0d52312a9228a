/// The methods that a template may call on strings and mappings: `value.name(arguments)`.
enum MethodLibrary {
  typealias TextMethod =
    @Sendable (TracedText, CallArguments, inout StepBudget) throws(ChatTemplateError) -> TemplateValue

  static func call(
    _ name: String, of value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .text(let text):
      try budget.spend(characters: text.count)
      if let method = textMethods[name] { return try method(text, arguments, &budget) }
    case .mapping(let mapping):
      if let result = try call(name, of: mapping, arguments, &budget) { return result }
    case .undefined:
      throw ChatTemplateError(.evaluation, "\"\(name.prefix(64))\" is called on \(value.kindName)")
    default: break
    }
    throw ChatTemplateError(.unsupported, "the method \"\(name.prefix(64))\" of \(value.kindName) is not supported")
  }

  // MARK: Mappings

  /// Nil for an unknown name.
  private static func call(
    _ name: String, of mapping: TemplateMapping, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue? {
    switch name {
    case "items": return try TemplateValue.mapping(mapping).pairs(&budget)
    case "keys": return .list(try TemplateList(try TemplateValue.mapping(mapping).items(&budget)))
    case "values":
      try budget.spend(mapping.entries.count)
      return .list(try TemplateList(mapping.entries.map(\.value)))
    case "get":
      guard let key = arguments.text(0, "key") else { return TemplateValue.none }
      return mapping[key.string] ?? arguments[1, "default"] ?? TemplateValue.none
    default: return nil
    }
  }

  // MARK: Strings

  static let textMethods: [String: TextMethod] = [
    "strip": trimming(start: true, end: true),
    "lstrip": trimming(start: true, end: false),
    "rstrip": trimming(start: false, end: true),
    "upper": change { $0.uppercased },
    "lower": change { $0.lowercased },
    "title": change { $0.capitalized(everyWord: true) },
    "capitalize": change { $0.capitalized(everyWord: false) },
    "replace": { (text, arguments, budget) throws(ChatTemplateError) in .text(try text.replaced(arguments, &budget)) },
    "split": split,
    "splitlines": splitLines,
    "join": { (text, arguments, budget) throws(ChatTemplateError) in
      .text(try arguments[0, "iterable"]?.joined(text, &budget) ?? TracedText())
    },
    "find": { (text, arguments, budget) throws(ChatTemplateError) in
      guard let part = arguments.text(0, "sub") else { return .integer(-1) }
      return .integer(try text.firstIndex(of: part, from: 0, &budget) ?? -1)
    },
    "startswith": affix { (text, affix) in text.units.prefix(affix.count) },
    "endswith": affix { (text, affix) in text.units.suffix(affix.count) },
  ]

  private static func change(_ change: @escaping @Sendable (TracedText) -> TracedText) -> TextMethod {
    { (text, _, _) throws(ChatTemplateError) in .text(change(text)) }
  }

  private static func trimming(start: Bool, end: Bool) -> TextMethod {
    { (text, arguments, budget) throws(ChatTemplateError) in
      .text(try text.trimmed(arguments, start: start, end: end, &budget))
    }
  }

  /// Whether an end of the text is the argument, or one of its texts when it is a list.
  private static func affix(_ end: @escaping @Sendable (TracedText, TracedText) -> ArraySlice<UInt32>) -> TextMethod {
    { (text, arguments, budget) throws(ChatTemplateError) in
      guard let argument = arguments.positional.first else { return .bool(false) }
      var candidates = [argument]
      if case .text = argument {} else { candidates = try argument.items(&budget) }
      for case .text(let candidate) in candidates
      where TracedText.haveSameCharacters(end(text, candidate), candidate.units) { return .bool(true) }
      return .bool(false)
    }
  }

  @Sendable private static func split(
    _ text: TracedText, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let limit = arguments.limit(1, "maxsplit")
    guard let separator = arguments.text(0, "sep") else {
      // Words, with any amount of whitespace between them.
      let words = text.units.split(maxSplits: limit, whereSeparator: TracedText.isWhitespace)
      try budget.spend(words.count)
      return .list(try TemplateList(words.map { .text(TracedText(units: $0)) }))
    }
    guard !separator.isEmpty else {
      throw ChatTemplateError(.evaluation, "\"split\" requires a nonempty separator")
    }
    return .list(try TemplateList(try text.parts(between: separator, atMost: limit, &budget).map { .text($0) }))
  }

  @Sendable private static func splitLines(
    _ text: TracedText, _: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    var lines = try text.parts(between: TracedText("\n", isFromTemplate: true), &budget)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return .list(try TemplateList(lines.map { .text($0) }))
  }
}
