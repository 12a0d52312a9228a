/// Breaks text into lines of a width, at blanks and after hyphens.
struct WordWrapper {
  let width: Int
  let breaksLongWords: Bool
  let breaksOnHyphens: Bool

  /// Lines of the text stay lines; each is wrapped by itself.
  func wrap(
    _ text: TracedText, _ lineEnd: TracedText, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    guard width > 0 else { throw ChatTemplateError(.evaluation, "a text is wrapped at \(width) characters") }
    var result = RenderedOutput()
    var isFirst = true
    for line in text.lines() {
      try budget.spend(characters: line.count)
      let wrapped = wrapped(line)
      for part in wrapped.isEmpty ? [TracedText()] : wrapped {
        if !isFirst { try result.append(lineEnd) }
        isFirst = false
        try budget.spend(characters: lineEnd.count)
        try result.append(part)
      }
    }
    return result.text
  }

  private func wrapped(_ line: TracedText) -> [TracedText] {
    var chunks = Array(chunks(line).reversed())
    var lines: [TracedText] = []
    while !chunks.isEmpty {
      var current: [TracedText] = []
      var length = 0
      if !lines.isEmpty, let next = chunks.last, isBlank(next) { chunks.removeLast() }
      while let next = chunks.last, length + next.count <= width {
        length += next.count
        current.append(next)
        chunks.removeLast()
      }
      if let next = chunks.last, next.count > width {
        let room = max(width - length, 0)
        if breaksLongWords {
          chunks.removeLast()
          if room > 0 { current.append(next.part(0..<room)) }
          chunks.append(next.part(room..<next.count))
        } else if current.isEmpty {
          current.append(next)
          chunks.removeLast()
        }
      }
      if let last = current.last, isBlank(last) { current.removeLast() }
      if !current.isEmpty { lines.append(current.reduce(TracedText(), +)) }
    }
    return lines
  }

  private func isBlank(_ text: TracedText) -> Bool { text.units.allSatisfy(TracedText.isWhitespace) }

  /// Words and the blanks between them; a hyphen between letters ends a word.
  private func chunks(_ line: TracedText) -> [TracedText] {
    var chunks: [TracedText] = []
    var start = 0
    func isLetter(_ at: Int) -> Bool {
      line.units.indices.contains(at)
        && Unicode.Scalar(TracedText.scalar(line.units[at])).map(PythonText.isLetter) ?? false
    }
    for at in line.units.indices.dropFirst() {
      let changes = TracedText.isWhitespace(line.units[at]) != TracedText.isWhitespace(line.units[at - 1])
      let followsHyphen =
        breaksOnHyphens && TracedText.scalar(line.units[at - 1]) == 0x2D && isLetter(at - 2) && isLetter(at)
        && isLetter(at + 1)
      if changes || followsHyphen {
        chunks.append(line.part(start..<at))
        start = at
      }
    }
    if start < line.count { chunks.append(line.part(start..<line.count)) }
    return chunks
  }
}
