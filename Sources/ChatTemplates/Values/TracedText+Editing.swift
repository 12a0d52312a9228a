/// Edits of a text that a template asks for; every character keeps its origin, and each edit spends steps.
extension TracedText {
  /// The first index of a text at or after `start`. Every comparison counts towards the budget, as much as copying four
  /// characters.
  func firstIndex(
    of part: TracedText, from start: Int, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Int? {
    if part.isEmpty { return start <= count ? start : nil }
    var comparisons = 0
    var at = start
    while at + part.count <= count {
      var length = 0
      while length < part.count, TracedText.scalar(units[at + length]) == TracedText.scalar(part.units[length]) {
        length += 1
      }
      if length == part.count { return at }
      comparisons += length + 1
      if comparisons >= 4096 {
        try budget.spend(comparisons / 16)
        comparisons = 0
      }
      at += 1
    }
    try budget.spend(comparisons / 16)
    return nil
  }

  /// The parts between separators.
  /// - Parameter limit: the number of separators to cut at; the last part holds the rest.
  func parts(
    between separator: TracedText, atMost limit: Int = .max, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> [TracedText] {
    var result: [TracedText] = []
    var start = 0
    while result.count < limit, let found = try firstIndex(of: separator, from: start, &budget) {
      try budget.spend()
      result.append(TracedText(units: units[start..<found]))
      start = found + separator.count
    }
    result.append(TracedText(units: units[start...]))
    return result
  }

  /// The text with `new`, of its own origin, in place of `old`. Arguments: old, new, count.
  func replaced(_ arguments: CallArguments, _ budget: inout StepBudget) throws(ChatTemplateError) -> TracedText {
    guard let old = arguments.text(0, "old"), let new = arguments.text(1, "new") else {
      throw ChatTemplateError(.evaluation, "\"replace\" requires two strings")
    }
    guard !old.isEmpty else {
      throw ChatTemplateError(.unsupported, "\"replace\" of an empty string is not supported")
    }
    var result = RenderedOutput()
    for (index, part) in try parts(between: old, atMost: arguments.limit(2, "count"), &budget).enumerated() {
      if index > 0 {
        try budget.spend(characters: new.count)
        try result.append(new)
      }
      try result.append(part)
    }
    return result.text
  }

  /// Removes whitespace, or the characters of the argument `chars`, from the ends.
  func trimmed(
    _ arguments: CallArguments, start: Bool = true, end: Bool = true, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    try budget.spend(characters: count)
    guard let characters = arguments.text(0, "chars") else { return trimmed(start: start, end: end) }
    try budget.spend(characters: characters.count)
    let dropped = Set(characters.units.map(TracedText.scalar))
    return trimmed(start: start, end: end) { dropped.contains(TracedText.scalar($0)) }
  }

  /// Indents each nonempty line after the first. Arguments: width (4), first (indents the first line too).
  func indented(_ arguments: CallArguments, _ budget: inout StepBudget) throws(ChatTemplateError) -> TracedText {
    let width = min(max(arguments.integer(0, "width") ?? 4, 0), 64)
    let indentsFirst = arguments[1, "first"]?.isTrue ?? false
    var result = TracedText()
    var startsLine = false
    if indentsFirst { result.units = Array(repeating: 0x20, count: width) }
    for unit in units {
      let isLineEnd = TracedText.scalar(unit) == 0x0A
      if startsLine, !isLineEnd { result.units.append(contentsOf: repeatElement(0x20, count: width)) }
      startsLine = isLineEnd
      result.units.append(unit)
    }
    try budget.spend(characters: result.count)
    return result
  }
}
