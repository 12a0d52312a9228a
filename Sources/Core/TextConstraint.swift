/// What an answer's text must match, as its source: each stage that samples compiles it for itself.
package struct TextConstraint: Hashable, Sendable {
  /// The language that the source is written in. Raw values are those of the wire.
  package enum Kind: Int32, Sendable, CaseIterable {
    /// A JSON Schema, draft 2020-12.
    case jsonSchema = 1
    /// Any JSON object; the source is empty.
    case jsonObject = 2
    /// llama.cpp's GBNF, whose first rule is `root`.
    case gbnf = 3
    /// A regular expression that the whole answer matches.
    case regex = 4
    /// A JSON array of texts, one of which is the answer.
    case choice = 5
  }

  /// The longest source, in UTF-8 bytes.
  package static let maximumByteCount = 1 << 18

  package var kind: Kind
  package var source: String

  package init(kind: Kind, source: String) {
    self.kind = kind
    self.source = source
  }
}
