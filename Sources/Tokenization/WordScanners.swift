/// The two patterns that cut a whole text into words, numbers, symbols and whitespace.
extension ScalarText {
  /// GPT-2: contractions; letters, numbers or other symbols with a preceding space; whitespace, except its last
  /// character, which belongs to the next piece.
  func endOfGPT2Piece(_ range: Range<Int>) -> Int {
    let start = range.lowerBound
    if let end = endOfContraction(range, anyCase: false) { return end }
    let first = scalars[start] == 0x20 ? start + 1 : start
    if first < range.upperBound {
      let kind = classes[first].intersection([.letter, .number, .whitespace])
      if kind.isEmpty || kind == .letter || kind == .number {
        return end(of: [.letter, .number, .whitespace], equal: kind, from: first, limit: range.upperBound)
      }
    }
    return endOfWhitespace(range)
  }

  /// Llama 3 and Qwen: as GPT-2, but any character may precede a word, numbers have a maximum of digits, symbols
  /// include following line ends, and whitespace with line ends stops after the last of them.
  func endOfLlama3Piece(_ range: Range<Int>, digits: Int, marks: Bool) -> Int {
    let (start, limit) = (range.lowerBound, range.upperBound)
    if let end = endOfContraction(range, anyCase: true) { return end }
    let word: ScalarClass = marks ? [.letter, .mark] : [.letter]
    let kind = classes[start]
    let mayLead = kind.isDisjoint(with: [.newline, .letter, .number])
    if !kind.isDisjoint(with: word)
      || (mayLead && start + 1 < limit && !classes[start + 1].isDisjoint(with: word))
    {
      var end = start + 1
      while end < limit, !classes[end].isDisjoint(with: word) { end += 1 }
      return end
    }
    if kind.contains(.number) {
      var end = start + 1
      while end < limit, end - start < digits, classes[end].contains(.number) { end += 1 }
      return end
    }
    let taken = word.union([.number, .whitespace])
    let symbol = scalars[start] == 0x20 ? start + 1 : start
    if symbol < limit, classes[symbol].isDisjoint(with: taken) {
      let symbolsEnd = end(of: taken, equal: [], from: symbol, limit: limit)
      return end(of: .newline, equal: .newline, from: symbolsEnd, limit: limit)
    }
    return endOfWhitespace(range, endingWithNewline: true)
  }

  /// The end of the run from an index on whose classes, masked, equal a value.
  private func end(of mask: ScalarClass, equal value: ScalarClass, from start: Int, limit: Int) -> Int {
    var end = start
    while end < limit, classes[end].intersection(mask) == value { end += 1 }
    return end
  }

  /// Whitespace up to the end of the text; otherwise all but the last character, which belongs to the next word.
  private func endOfWhitespace(_ range: Range<Int>, endingWithNewline: Bool = false) -> Int {
    let start = range.lowerBound
    let runEnd = end(of: .whitespace, equal: .whitespace, from: start, limit: range.upperBound)
    if endingWithNewline {
      for index in (start..<runEnd).reversed() where classes[index].contains(.newline) { return index + 1 }
    }
    if runEnd == range.upperBound { return max(runEnd, start + 1) }
    return max(runEnd - 1, start + 1)
  }

  /// 's, 't, 'm, 'd, 're, 've, 'll.
  private func endOfContraction(_ range: Range<Int>, anyCase: Bool) -> Int? {
    let start = range.lowerBound
    guard scalars[start] == 0x27, range.count > 1 else { return nil }
    let first = letter(at: start + 1, anyCase)
    switch first {
    case "s", "t", "m", "d": return start + 2
    case "r", "v", "l":
      guard range.count > 2, letter(at: start + 2, anyCase) == (first == "l" ? "l" : "e") else { return nil }
      return start + 3
    default: return nil
    }
  }

  private func letter(at index: Int, _ anyCase: Bool) -> Unicode.Scalar? {
    let value = scalars[index]
    return Unicode.Scalar(anyCase && (0x41...0x5A).contains(value) ? value + 0x20 : value)
  }
}
