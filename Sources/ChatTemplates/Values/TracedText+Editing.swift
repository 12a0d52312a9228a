/// Edits of a text that a template asks for; every character keeps its origin, and each edit spends steps.
extension TracedText {
  /// The first index of a text within a range. Every comparison counts towards the budget, as much as copying four
  /// characters.
  func firstIndex(
    of part: TracedText, in range: Range<Int>? = nil, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Int? {
    let range = range ?? 0..<count
    guard part.count <= range.count else { return nil }
    return try search(range.lowerBound...(range.upperBound - part.count), for: part, &budget)
  }

  /// The last index.
  func lastIndex(
    of part: TracedText, in range: Range<Int>? = nil, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Int? {
    let range = range ?? 0..<count
    guard part.count <= range.count else { return nil }
    return try search((range.lowerBound...(range.upperBound - part.count)).reversed(), for: part, &budget)
  }

  private func search(
    _ places: some Sequence<Int>, for part: TracedText, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Int? {
    var comparisons = 0
    for at in places {
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
    }
    try budget.spend(comparisons / 16)
    return nil
  }

  /// A part of the text that stays markup if the text is.
  func part(_ range: Range<Int>) -> TracedText { TracedText(units: units[range], isMarkup: isMarkup) }

  /// The parts between separators.
  /// - Parameter limit: the number of separators to cut at; the last part holds the rest, or with `fromEnd` the first.
  func parts(
    between separator: TracedText, atMost limit: Int = .max, fromEnd: Bool = false, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> [TracedText] {
    var result: [TracedText] = []
    var rest = 0..<count
    while result.count < limit {
      let found =
        fromEnd
        ? try lastIndex(of: separator, in: rest, &budget) : try firstIndex(of: separator, in: rest, &budget)
      guard let found else { break }
      try budget.spend()
      if fromEnd {
        result.append(part((found + separator.count)..<rest.upperBound))
        rest = rest.lowerBound..<found
      } else {
        result.append(part(rest.lowerBound..<found))
        rest = (found + separator.count)..<rest.upperBound
      }
    }
    result.append(part(rest))
    return fromEnd ? result.reversed() : result
  }

  /// The text with `new`, of its own origin, in place of `old`. An empty `old` is found before every character and at
  /// the end.
  func replacing(
    _ old: TracedText, with new: TracedText, atMost limit: Int, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    var result = RenderedOutput()
    let pieces: [TracedText]
    if old.isEmpty {
      let cuts = min(limit, count + 1)
      pieces =
        [TracedText()] + (0..<max(0, cuts - 1)).map { part($0..<($0 + 1)) }
        + (cuts > 0 ? [part((cuts - 1)..<count)] : [])
      if cuts == 0 { return self }
    } else {
      pieces = try parts(between: old, atMost: limit, &budget)
    }
    for (index, piece) in pieces.enumerated() {
      if index > 0 {
        try budget.spend(characters: new.count)
        try result.append(new)
      }
      try result.append(piece)
    }
    return TracedText(units: result.text.units, isMarkup: isMarkup)
  }

  /// The words between any amounts of whitespace.
  /// - Parameter limit: the number of gaps to cut at; the last word holds the rest, or with `fromEnd` the first.
  func words(atMost limit: Int = .max, fromEnd: Bool = false) -> [TracedText] {
    var result: [TracedText] = []
    var rest = trimmed(start: !fromEnd, end: fromEnd).units[...]
    while !rest.isEmpty {
      guard result.count < limit else {
        result.append(
          TracedText(units: rest, isMarkup: isMarkup).trimmed(start: !fromEnd, end: fromEnd))
        break
      }
      let word = fromEnd ? rest.suffix(while: TracedText.isNoWhitespace) : rest.prefix(while: TracedText.isNoWhitespace)
      result.append(TracedText(units: word, isMarkup: isMarkup))
      if fromEnd {
        rest = rest.dropLast(word.count)
        while let last = rest.last, TracedText.isWhitespace(last) { rest.removeLast() }
      } else {
        rest = rest.dropFirst(word.count).drop(while: TracedText.isWhitespace)
      }
    }
    return fromEnd ? result.reversed() : result
  }

  static func isNoWhitespace(_ unit: UInt32) -> Bool { !isWhitespace(unit) }

  /// Lines, without or with their ends.
  func lines(keepingEnds: Bool = false) -> [TracedText] {
    var result: [TracedText] = []
    var (start, at) = (0, 0)
    while at < count {
      guard PythonText.isLineEnd(TracedText.scalar(units[at])) else {
        at += 1
        continue
      }
      let isPair =
        TracedText.scalar(units[at]) == 0x0D && at + 1 < count && TracedText.scalar(units[at + 1]) == 0x0A
      let end = at + (isPair ? 2 : 1)
      result.append(part(start..<(keepingEnds ? end : at)))
      (start, at) = (end, end)
    }
    if start < count { result.append(part(start..<count)) }
    return result
  }

  /// Removes whitespace, or the characters of a text, from the ends.
  func trimmed(
    _ characters: TracedText?, start: Bool = true, end: Bool = true, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    try budget.spend(characters: count)
    guard let characters else { return trimmed(start: start, end: end) }
    try budget.spend(characters: characters.count)
    let dropped = Set(characters.units.map(TracedText.scalar))
    return trimmed(start: start, end: end) { dropped.contains(TracedText.scalar($0)) }
  }

  /// The text with a character before and after it, up to a width in characters.
  func padded(
    before: Int, after: Int, with fill: UInt32 = 0x20 | TracedText.templateBit, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    let (before, after) = (max(0, before), max(0, after))
    let (sum, overflow) = before.addingReportingOverflow(after)
    try budget.spend(characters: overflow || sum > ChatTemplateLimits.outputByteCount ? .max : sum + count)
    return TracedText(
      units: repeatElement(fill, count: before) + units + repeatElement(fill, count: after), isMarkup: isMarkup)
  }
}

extension ArraySlice<UInt32> {
  fileprivate func suffix(while holds: (UInt32) -> Bool) -> ArraySlice<UInt32> {
    var start = endIndex
    while start > startIndex, holds(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}
