/// How grammars tell control tokens from texts that are spelled alike: their spellings begin with a byte that is in no
/// text.
package enum ControlSpelling {
  /// Never part of UTF-8.
  static let mark: UInt8 = 0xFF

  /// What a control token spells in a `TokenTrie`. Only a structural tag that names the token allows it.
  package static func bytes(of spelling: String) -> [UInt8] { [mark] + spelling.utf8 }

  /// Whether these bytes of a token would be taken for a control token's.
  package static func isAmbiguous(_ bytes: [UInt8]) -> Bool { bytes.contains(mark) }
}
