import Core
@testable import Grammars

/// What tests ask of grammars, byte by byte.
enum Texts {
  /// Every byte is a token.
  static let bytes = TokenTrie((0...255).map { [UInt8($0)] })

  static func matcher(_ kind: TextConstraint.Kind, _ source: String) throws -> GrammarMatcher {
    try GrammarMatcher(Grammar(TextConstraint(kind: kind, source: source)), vocabulary: bytes)
  }

  /// Whether a text matches as a whole.
  static func match(_ text: String, _ matcher: GrammarMatcher) throws -> Bool {
    guard let position = try matcher.position(after: matcher.start(), text.utf8) else { return false }
    return matcher.allowsEnd(position)
  }

  /// The texts that do not match though they should, and those that do though they should not.
  static func wrong(
    _ matcher: GrammarMatcher, valid: [String], invalid: [String]
  ) throws -> [String] {
    try valid.filter { try !match($0, matcher) } + invalid.filter { try match($0, matcher) }
  }
}
