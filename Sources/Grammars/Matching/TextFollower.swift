package import Core

/// The tokens of a text that a grammar follows, with the position after each.
package struct TextFollower {
  private var tokens: [TokenID] = []
  /// The position before each token, and after the last; shorter when the matcher has started over.
  private var positions: [GrammarMatcher.Position] = []

  package init() {}

  package var count: Int { tokens.count }

  package mutating func append(_ more: some Sequence<TokenID>) { tokens += more }

  /// Forgets the tokens from `count` on.
  package mutating func truncate(to count: Int) {
    guard count < tokens.count else { return }
    tokens.removeLast(tokens.count - count)
    if positions.count > count + 1 { positions.removeLast(positions.count - count - 1) }
  }

  /// The position after the first `count` tokens.
  /// - Throws: `GrammarError` when they do not match, or cannot be followed.
  package mutating func position(
    after count: Int, _ matcher: GrammarMatcher
  ) throws(GrammarError) -> GrammarMatcher.Position {
    matcher.trim()
    if !(positions.last.map(matcher.knows) ?? false) { positions = [try matcher.start()] }
    while positions.count <= count {
      let index = positions.count - 1
      guard let next = try matcher.position(after: positions[index], tokens[index]) else {
        throw GrammarError("token \(index) of the answer, \(tokens[index]), does not match the grammar")
      }
      positions.append(next)
    }
    return positions[count]
  }
}
