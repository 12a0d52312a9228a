import Core

/// What `tokenize --json` prints.
struct TokenizeReport: Encodable {
  let text: String
  let tokens: [TokenID]
  /// Bytes of every token, as text where they are text.
  let pieces: [String]
}
