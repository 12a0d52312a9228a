import Core

/// A text's special tokens, and the text between them.
struct SpecialTokens: Sendable {
  enum Part {
    case text([UInt8])
    case token(TokenID)
  }

  /// Found in any text.
  private let userDefined: SpecialTokenMatcher
  /// Found only where special tokens are parsed: user-defined and control tokens.
  private let special: SpecialTokenMatcher
  private let margins: [TokenID: TokenMargins]

  /// - Throws: `TokenizerError` for a spelling that is too long.
  init(_ vocabulary: Vocabulary, margins: [TokenID: TokenMargins]) throws(TokenizerError) {
    var matchers = (userDefined: SpecialTokenMatcher(), special: SpecialTokenMatcher())
    for (id, spelling) in vocabulary.spellings.enumerated() {
      let kind = vocabulary.kinds[id]
      guard kind == .userDefined || kind == .control, !spelling.isEmpty else { continue }
      guard spelling.count <= SpecialTokenMatcher.longestSpelling else {
        throw TokenizerError(
          "the special token \(id) is \(spelling.count) bytes long; at most"
            + " \(SpecialTokenMatcher.longestSpelling) are supported")
      }
      // A match would split characters, and encoders require UTF-8.
      guard String(validating: spelling, as: UTF8.self) != nil else { continue }
      matchers.special.insert(spelling, token: TokenID(id))
      if kind == .userDefined { matchers.userDefined.insert(spelling, token: TokenID(id)) }
    }
    (userDefined, special) = matchers
    self.margins = margins
  }

  /// Calls `body` with all parts in order. Texts are valid UTF-8 and not empty; those of neighboring segments are one.
  func forEachPart(of segments: [TextSegment], _ body: (Part) -> Void) {
    var plain: [UInt8] = []
    var dropsWhitespace = false
    for segment in segments {
      var text = segment.text
      text.withUTF8 { bytes in
        let matcher = segment.parsesSpecial ? special : userDefined
        var at = 0
        while at < bytes.count {
          if dropsWhitespace {
            at = UTF8Whitespace.end(in: bytes, from: at)
            dropsWhitespace = at == bytes.count
          }
          let match = nextMatch(matcher, in: bytes, from: at)
          plain.append(contentsOf: bytes[at..<(match?.range.lowerBound ?? bytes.count)])
          at = match?.range.upperBound ?? bytes.count
          guard let match else { continue }
          let margins = margins[match.token] ?? []
          if margins.contains(.left) { UTF8Whitespace.removeLast(of: &plain) }
          dropsWhitespace = margins.contains(.right)
          if !plain.isEmpty { body(.text(plain)) }
          plain.removeAll(keepingCapacity: true)
          body(.token(match.token))
        }
      }
    }
    if !plain.isEmpty { body(.text(plain)) }
  }

  private func nextMatch(
    _ matcher: SpecialTokenMatcher, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> SpecialTokenMatcher.Match? {
    var at = start
    while !matcher.isEmpty, let match = matcher.firstMatch(in: bytes, from: at) {
      let isWord = margins[match.token]?.contains(.wholeWord) == true
      if !isWord || UTF8Whitespace.isBetweenWords(match.range, of: bytes) { return match }
      at = match.range.upperBound
    }
    return nil
  }
}

/// Whitespace and words in valid UTF-8.
private enum UTF8Whitespace {
  private static let word: ScalarClass = [.alphabetic, .mark, .decimalNumber, .connector]

  static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var at = start
    while at < bytes.count {
      let (scalar, length) = ScalarText.scalar(in: bytes, at: at)
      guard ScalarClass.of(scalar).contains(.whitespace) else { break }
      at += length
    }
    return at
  }

  static func removeLast(of bytes: inout [UInt8]) {
    while let (kind, start) = bytes.withUnsafeBufferPointer({ last(of: $0, before: $0.count) }),
      kind.contains(.whitespace)
    { bytes.removeSubrange(start...) }
  }

  static func isBetweenWords(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if let (kind, _) = last(of: bytes, before: range.lowerBound), !kind.isDisjoint(with: word) { return false }
    guard range.upperBound < bytes.count else { return true }
    return ScalarClass.of(ScalarText.scalar(in: bytes, at: range.upperBound).0).isDisjoint(with: word)
  }

  private static func last(of bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> (ScalarClass, start: Int)? {
    var start = end - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    guard start >= 0 else { return nil }
    return (ScalarClass.of(ScalarText.scalar(in: bytes, at: start).0), start)
  }
}
