/// What a `tokenizer.json` does to a text before tokens are looked up: rewrites it, then cuts it into pieces.
package struct TextPreparation: Hashable, Sendable {
  package var rewrites: [TextRewrite]
  package var splits: [TextSplit]
  /// Whether a piece that is a vocabulary entry becomes that token, regardless of merges.
  package var takesEntriesWhole: Bool

  package init(rewrites: [TextRewrite] = [], splits: [TextSplit] = [], takesEntriesWhole: Bool = false) {
    self.rewrites = rewrites
    self.splits = splits
    self.takesEntriesWhole = takesEntriesWhole
  }
}

/// One step of rewriting a text between special tokens.
package enum TextRewrite: Hashable, Sendable {
  /// Put before a text that is not empty; with `once`, unless it stands there.
  case prefix(String, place: Place, once: Bool)
  case replace(TextPattern, with: String)
  case canonicalDecomposition
  case canonicalComposition
  case compatibilityDecomposition
  case compatibilityComposition
  case lowercase
  /// Removes whitespace at the ends.
  case strip(left: Bool, right: Bool)
  /// Removes blanks (U+0020) at the ends, and all but one of several.
  case singleBlanks

  /// Which texts get a prefix: all between special tokens, or the first alone, where no special token is before it.
  package enum Place: Hashable, Sendable {
    case everywhere
    case beginning
  }
}

/// What is searched in a text.
package enum TextPattern: Hashable, Sendable {
  case literal(String)
  /// In the syntax of Oniguruma.
  case expression(String)
}

/// One step of cutting a text into pieces.
package struct TextSplit: Hashable, Sendable {
  package var pattern: TextPattern
  package var behavior: Behavior

  package init(_ pattern: TextPattern, _ behavior: Behavior) {
    self.pattern = pattern
    self.behavior = behavior
  }

  package enum Behavior: Hashable, Sendable {
    /// Matches and the text between them are pieces.
    case isolated
    /// Matches are pieces; other text is dropped.
    case matchesOnly
    /// Text between matches is pieces; matches are dropped.
    case removed
    /// A match ends its piece, or begins one.
    case mergedWithPrevious
    case mergedWithNext
  }
}

/// How far a special token reaches over the text around it.
package struct TokenMargins: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Takes the whitespace before it, and after it.
  package static let left = TokenMargins(rawValue: 1)
  package static let right = TokenMargins(rawValue: 2)
  /// Counts only between characters that belong to no word.
  package static let wholeWord = TokenMargins(rawValue: 4)
}
