extension PreTokenizer.Stage {
  /// The leftmost nonempty match in a range, or nil. Ignores neighbors outside the range.
  func firstMatch(in text: borrowing ScalarText, _ range: Range<Int>) -> Range<Int>? {
    switch self {
    case .gpt2: range.lowerBound..<text.endOfGPT2Piece(range)
    case .llama3(let digits, let marks):
      range.lowerBound..<text.endOfLlama3Piece(range, digits: digits, marks: marks)
    case .punctuation(let backtick):
      text.firstRun(in: range) { scalar, kind in
        kind.contains(.punctuation) || (scalar < 0x80 && isExtraPunctuation(scalar, backtick: backtick))
      }
    case .numbers: text.firstRun(in: range) { _, kind in kind.contains(.number) }
    case .number: text.first(in: range) { _, kind in kind.contains(.number) }
    case .newline: text.first(in: range) { _, kind in kind.contains(.newline) }
    case .threeDigits: text.firstThreeDigits(in: range)
    case .trailingWhitespace: text.trailingWhitespace(in: range)
    case .ideographs: text.firstRun(in: range) { scalar, _ in isIdeograph(scalar) }
    case .spacedLetters: text.firstRun(in: range, afterBlank: true) { _, kind in kind.contains(.letter) }
    case .spacedCasedLetters: text.firstRun(in: range, afterBlank: true, where: isKnownCasedLetter)
    case .spacedPunctuation:
      text.firstRun(in: range, afterBlank: true) { _, kind in kind.contains(.punctuation) }
    case .spacedSymbols: text.firstRun(in: range, afterBlank: true) { scalar, _ in isSymbol(scalar) }
    }
  }
}

/// ASCII symbols that are not punctuation by category but are cut like it.
private func isExtraPunctuation(_ scalar: UInt32, backtick: Bool) -> Bool {
  switch Unicode.Scalar(scalar) {
  case "$", "+", "<", "=", ">", "^", "~", "|": true
  case "`": backtick
  default: false
  }
}

/// The ranges of the DeepSeek patterns' East Asian stage. The middle one is wide: it starts in Samaritan.
private func isIdeograph(_ scalar: UInt32) -> Bool {
  (0x800...0x9FA5).contains(scalar) || (0xAC00...0xD7FF).contains(scalar)
}

/// The ranges of the DeepSeek LLM pattern's symbol stage; letters among them were taken by the stage before.
private func isSymbol(_ scalar: UInt32) -> Bool {
  switch scalar {
  case 0x21...0x2F, 0x3A...0x7E, 0xFF01...0xFF0F, 0xFF1A...0xFF5E, 0x2018...0x201F, 0x3000...0x3002: true
  default: false
  }
}

/// Cased letters as the DeepSeek LLM pattern lists them: all but some blocks (Georgian, Armenian's later
/// half, mathematical alphabets, scripts of later Unicode versions).
private func isKnownCasedLetter(_ scalar: UInt32, _ kind: ScalarClass) -> Bool {
  guard kind.contains(.cased) else { return false }
  switch scalar {
  case 0x560...0x588, 0x10C6...0x10FF, 0x1C80...0x1C8F, 0x2D00...0x2D2F, 0xA790...0xA7FF, 0xAB30...0xAB6F:
    return false
  case 0x10500...0x1089F, 0x10D00...0x10DFF, 0x16E40...0x16EFF, 0x1D400...0x1DFFF: return false
  default: return true
  }
}

extension ScalarText {
  /// The first run of scalars that meet a condition, with one preceding whitespace if requested.
  func firstRun(
    in range: Range<Int>, afterBlank: Bool = false, where condition: (UInt32, ScalarClass) -> Bool
  ) -> Range<Int>? {
    guard let found = first(in: range, where: condition) else { return nil }
    var end = found.upperBound
    while end < range.upperBound, condition(scalars[end], classes[end]) { end += 1 }
    let before = found.lowerBound - 1
    let takesBlank = afterBlank && before >= range.lowerBound && classes[before].contains(.whitespace)
    return (takesBlank ? before : found.lowerBound)..<end
  }

  func first(in range: Range<Int>, where condition: (UInt32, ScalarClass) -> Bool) -> Range<Int>? {
    for index in range where condition(scalars[index], classes[index]) { return index..<index + 1 }
    return nil
  }

  func firstThreeDigits(in range: Range<Int>) -> Range<Int>? {
    var digits = 0
    for index in range {
      digits = (0x30...0x39).contains(scalars[index]) ? digits + 1 : 0
      if digits == 3 { return index - 2..<index + 1 }
    }
    return nil
  }

  func trailingWhitespace(in range: Range<Int>) -> Range<Int>? {
    var start = range.upperBound
    while start > range.lowerBound, classes[start - 1].contains(.whitespace) { start -= 1 }
    return start < range.upperBound ? start..<range.upperBound : nil
  }
}
