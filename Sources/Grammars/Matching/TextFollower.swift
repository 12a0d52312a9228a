package import Core

/// The tokens of a text that a grammar follows, with the position after each.
package struct TextFollower {
  private var tokens: [TokenID] = []
  /// The position before each token, and after the last; shorter when the matcher has started over.
  private var positions: [GrammarMatcher.Position] = []

  package init() {}

  package var count: Int { tokens.count }

  /// Replaces the text: positions of the tokens that both begin with stay.
  package mutating func follow(_ text: [TokenID]) {
    let shared = zip(tokens, text).prefix { $0 == $1 }.count
    tokens = text
    if positions.count > shared + 1 { positions.removeLast(positions.count - shared - 1) }
  }

  /// The position after the first `count` tokens; nil when they do not match.
  /// - Throws: `GrammarError` when the grammar is too ambiguous to be followed.
  package mutating func position(
    after count: Int, _ matcher: GrammarMatcher
  ) throws(GrammarError) -> GrammarMatcher.Position? {
    matcher.trim()
    if !(positions.last.map(matcher.knows) ?? false) { positions = [try matcher.start()] }
    while positions.count <= count {
      let index = positions.count - 1
      guard let next = try matcher.position(after: positions[index], tokens[index]) else { return nil }
      positions.append(next)
    }
    return positions[count]
  }
}
