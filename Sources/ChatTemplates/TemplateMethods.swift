extension TemplateRenderer {
  mutating func callMethod(
    _ name: String, of value: TemplateValue, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .text(let text):
      try budget.spend(characters: text.count)
      return try textMethod(name, text, arguments)
    case .mapping(let mapping):
      switch name {
      case "items": return try pairs(of: value)
      case "keys": return .list(try TemplateList(try items(of: value)))
      case "values":
        try budget.spend(mapping.entries.count)
        return .list(try TemplateList(mapping.entries.map(\.value)))
      case "get":
        guard let key = arguments.text(0, "key") else { return .none }
        return mapping[key.string] ?? arguments[1, "default"] ?? .none
      default: break
      }
    case .undefined:
      throw ChatTemplateError(.evaluation, "\"\(name.prefix(64))\" is asked of \(value.kindName)")
    default: break
    }
    throw ChatTemplateError(.unsupported, "\(value.kindName) has no method \"\(name.prefix(64))\" here")
  }

  private mutating func textMethod(
    _ name: String, _ text: TracedText, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "strip": return .text(try trimmed(text, arguments, start: true, end: true))
    case "lstrip": return .text(try trimmed(text, arguments, start: true, end: false))
    case "rstrip": return .text(try trimmed(text, arguments, start: false, end: true))
    case "upper": return .text(text.uppercased)
    case "lower": return .text(text.lowercased)
    case "title": return .text(text.capitalized(everyWord: true))
    case "capitalize": return .text(text.capitalized(everyWord: false))
    case "replace": return .text(try replaced(text, arguments))
    case "split": return try split(text, arguments)
    case "splitlines":
      var lines = try parts(of: text, between: TracedText("\n", isFromTemplate: true), atMost: .max)
      if lines.last?.isEmpty == true { lines.removeLast() }
      return .list(try TemplateList(lines.map { .text($0) }))
    case "join":
      guard let list = arguments[0, "iterable"] else { return .text(TracedText()) }
      return .text(try joined(try items(of: list), .text(text), nil))
    case "find":
      guard let part = arguments.text(0, "sub") else { return .integer(-1) }
      return .integer(try firstIndex(of: part, in: text, from: 0) ?? -1)
    case "startswith", "endswith":
      for candidate in try candidates(arguments.positional.first) {
        let slice =
          name == "startswith" ? text.units.prefix(candidate.count) : text.units.suffix(candidate.count)
        if TracedText.haveSameCharacters(slice, candidate.units) { return .bool(true) }
      }
      return .bool(false)
    default:
      throw ChatTemplateError(.unsupported, "the text method \"\(name.prefix(64))\" is not supported")
    }
  }

  /// A text, or the texts of a list.
  private mutating func candidates(_ value: TemplateValue?) throws(ChatTemplateError) -> [TracedText] {
    guard let value else { return [] }
    if case .text(let text) = value { return [text] }
    var result: [TracedText] = []
    for case .text(let text) in try items(of: value) { result.append(text) }
    return result
  }

  /// Without whitespace, or the characters given, at the ends.
  mutating func trimmed(
    _ text: TracedText, _ arguments: CallArguments, start: Bool, end: Bool
  ) throws(ChatTemplateError) -> TracedText {
    try budget.spend(characters: text.count)
    guard let characters = arguments.text(0, "chars") else { return text.trimmed(start: start, end: end) }
    try budget.spend(characters: characters.count)
    let dropped = Set(characters.units.map(TracedText.scalar))
    return text.trimmed(start: start, end: end) { dropped.contains(TracedText.scalar($0)) }
  }

  /// What stays keeps its origin, and what is put in has its own.
  mutating func replaced(_ text: TracedText, _ arguments: CallArguments) throws(ChatTemplateError)
    -> TracedText
  {
    guard let old = arguments.text(0, "old"), let new = arguments.text(1, "new") else {
      throw ChatTemplateError(.evaluation, "\"replace\" needs two texts")
    }
    guard !old.isEmpty else {
      throw ChatTemplateError(.unsupported, "\"replace\" of an empty text is not supported")
    }
    let limit = arguments.integer(2, "count").flatMap { $0 < 0 ? nil : $0 } ?? .max
    var result = RenderedOutput()
    for (index, part) in try parts(of: text, between: old, atMost: limit).enumerated() {
      if index > 0 {
        try budget.spend(characters: new.count)
        try result.append(new)
      }
      try result.append(part)
    }
    return result.text
  }

  private mutating func split(_ text: TracedText, _ arguments: CallArguments) throws(ChatTemplateError)
    -> TemplateValue
  {
    let limit = arguments.integer(1, "maxsplit").flatMap { $0 < 0 ? nil : $0 } ?? .max
    guard let separator = arguments.text(0, "sep") else {
      // Words, however much whitespace there is between them.
      let words = text.units.split(maxSplits: limit, whereSeparator: TracedText.isWhitespace)
      try budget.spend(words.count)
      return .list(try TemplateList(words.map { .text(TracedText(units: $0)) }))
    }
    guard !separator.isEmpty else {
      throw ChatTemplateError(.evaluation, "a text is split by an empty separator")
    }
    return .list(try TemplateList(try parts(of: text, between: separator, atMost: limit).map { .text($0) }))
  }

  private mutating func parts(
    of text: TracedText, between separator: TracedText, atMost limit: Int
  ) throws(ChatTemplateError) -> [TracedText] {
    var result: [TracedText] = []
    var start = 0
    while result.count < limit, let found = try firstIndex(of: separator, in: text, from: start) {
      try budget.spend()
      result.append(TracedText(units: text.units[start..<found]))
      start = found + separator.count
    }
    result.append(TracedText(units: text.units[start...]))
    return result
  }
}
