/// What an answer's text must match, as its source: each stage that samples compiles it for itself.
package struct TextConstraint: Hashable, Sendable {
  /// The language that the source is written in.
  package enum Kind: Sendable, CaseIterable {
    /// A JSON Schema, draft 2020-12.
    case jsonSchema
    /// Any JSON object; the source is empty.
    case jsonObject
    /// llama.cpp's GBNF, whose first rule is `root`.
    case gbnf
    /// A regular expression that the whole answer matches.
    case regex
    /// A JSON array of texts, one of which is the answer.
    case choice
    /// A structural tag in XGrammar's notation: parts in different languages, one after another.
    case structuralTag
  }

  /// The longest source, in UTF-8 bytes: those of all sequences that a step can open fit into its header.
  package static let maximumByteCount = 24 << 10

  package var kind: Kind
  package var source: String

  package init(kind: Kind, source: String) {
    self.kind = kind
    self.source = source
  }

  /// Checks what can be checked without reading the source.
  package func validate() throws(InvalidParameter) {
    guard source.utf8.count <= Self.maximumByteCount else {
      throw InvalidParameter(
        name: "the grammar or schema",
        reason: "has \(source.utf8.count) bytes; at most \(Self.maximumByteCount) are supported")
    }
    guard !source.utf8.contains(0) else {
      throw InvalidParameter(name: "the grammar or schema", reason: "must not contain NUL")
    }
  }
}
