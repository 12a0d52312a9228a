import Core

/// Cuts text before merging: no merge crosses a cut. Linear in the text.
struct PreTokenizer: Sendable {
  /// A pattern, and what becomes of its matches.
  struct Stage: Hashable, Sendable {
    var pattern: Pattern
    var behavior = TextSplit.Behavior.isolated
  }

  /// Every stage cuts the pieces of the stage before.
  let stages: [Stage]

  init(stages: [Stage]) { self.stages = stages }

  /// - Throws: `TokenizerError` for a pattern that is not supported.
  init(_ splits: [TextSplit]) throws(TokenizerError) {
    var stages: [Stage] = []
    for split in splits { stages.append(Stage(pattern: try Pattern(split.pattern), behavior: split.behavior)) }
    self.stages = stages
  }

  /// Calls `body` with the bytes of every piece, in order.
  /// - Parameter bytes: valid UTF-8.
  func forEachPiece(of bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    if stages.isEmpty { return body(bytes) }
    ScalarText(bytes).withView { text in
      var (index, offset) = (0, 0)
      func skip(to end: Int) {
        while index < end {
          offset += ScalarText.byteCount(of: text.scalars[index])
          index += 1
        }
      }
      forEachPiece(of: text) { range in
        skip(to: range.lowerBound)
        let start = offset
        skip(to: range.upperBound)
        body(UnsafeBufferPointer(rebasing: bytes[start..<offset]))
      }
    }
  }

  /// Calls `body` with every piece in order. Pieces do not overlap.
  private func forEachPiece(of text: ScalarView, _ body: (Range<Int>) -> Void) {
    var matchers = stages.map { PatternMatcher($0.pattern, count: text.count) }
    cut(0..<text.count, of: text, stage: 0, with: &matchers, body)
  }

  private func cut(
    _ range: Range<Int>, of text: ScalarView, stage: Int, with matchers: inout [PatternMatcher],
    _ body: (Range<Int>) -> Void
  ) {
    guard !range.isEmpty else { return }
    guard stage < stages.count else { return body(range) }
    var (start, search) = (range.lowerBound, range.lowerBound)
    while let match = matchers[stage].firstMatch(in: text, range, from: search) {
      search = match.isEmpty ? match.upperBound + 1 : match.upperBound
      switch stages[stage].behavior {
      case .isolated:
        cut(start..<match.lowerBound, of: text, stage: stage + 1, with: &matchers, body)
        cut(match, of: text, stage: stage + 1, with: &matchers, body)
        start = match.upperBound
      case .matchesOnly:
        cut(match, of: text, stage: stage + 1, with: &matchers, body)
        start = match.upperBound
      case .removed:
        cut(start..<match.lowerBound, of: text, stage: stage + 1, with: &matchers, body)
        start = match.upperBound
      case .mergedWithPrevious:
        cut(start..<match.upperBound, of: text, stage: stage + 1, with: &matchers, body)
        start = match.upperBound
      case .mergedWithNext:
        cut(start..<match.lowerBound, of: text, stage: stage + 1, with: &matchers, body)
        start = match.lowerBound
      }
    }
    if stages[stage].behavior != .matchesOnly {
      cut(start..<range.upperBound, of: text, stage: stage + 1, with: &matchers, body)
    }
  }
}
