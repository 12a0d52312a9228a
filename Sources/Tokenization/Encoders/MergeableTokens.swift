import Core

/// The tokens of a SentencePiece-style vocabulary that merging can produce, and their symbols.
struct MergeableTokens {
  struct Token {
    let id: TokenID
    /// Start of every scalar in the spelling, in bytes.
    let starts: [Int]
    let symbols: [Int32]
    let spelling: [UInt8]
  }

  private(set) var tokens: [Token] = []
  /// Scalar to symbol.
  private(set) var symbols = PairTable(capacity: 1024)
  /// Scalars whose symbols are numbers past the last token.
  private(set) var unmergedScalars: [UInt32] = []
  private var table: SpellingTable

  /// - Throws: `TokenizerError` for a spelling that is too long.
  init(_ vocabulary: Vocabulary) throws(TokenizerError) {
    table = SpellingTable(capacity: vocabulary.count)
    for (id, spelling) in vocabulary.spellings.enumerated() {
      // Control and byte tokens must never result from typed text.
      guard vocabulary.kinds[id] == .normal || vocabulary.kinds[id] == .userDefined, !spelling.isEmpty else {
        continue
      }
      guard spelling.count <= SentencePieceEncoder.longestSpelling else {
        throw TokenizerError(
          "token \(id) is \(spelling.count) bytes long; a \"llama\" vocabulary may have at most"
            + " \(SentencePieceEncoder.longestSpelling)")
      }
      table.insert(spelling, id: TokenID(id))
    }
    var scalars: [(id: TokenID, values: [UInt32])] = []
    for (id, spelling) in vocabulary.spellings.enumerated() where table.id(of: spelling) == TokenID(id) {
      guard let text = String(validating: spelling, as: UTF8.self) else { continue }
      let values = text.unicodeScalars.map(\.value)
      scalars.append((TokenID(id), values))
      if values.count == 1 { symbols.insert(UInt64(values[0]), UInt64(id)) }
    }
    for (id, values) in scalars {
      var starts: [Int] = []
      var start = 0
      for value in values {
        starts.append(start)
        start += ScalarText.byteCount(of: value)
      }
      let made = values.map { symbol(for: $0, tokenCount: vocabulary.count) }
      tokens.append(Token(id: id, starts: starts, symbols: made, spelling: vocabulary.spellings[Int(id)]))
    }
  }

  /// The symbols left and right of a cut before a scalar; -1 for a part that is not a symbol.
  func parts(of token: Token, at index: Int) -> (left: Int32, right: Int32) {
    let cut = token.starts[index]
    let left = index == 1 ? token.symbols[0] : table.id(of: token.spelling[..<cut])
    let isLast = index == token.symbols.count - 1
    let right = isLast ? token.symbols[index] : table.id(of: token.spelling[cut...])
    return (left, right)
  }

  private mutating func symbol(for scalar: UInt32, tokenCount: Int) -> Int32 {
    let found = symbols.value(for: UInt64(scalar))
    if found != PairTable.absent { return Int32(found) }
    let made = Int32(tokenCount + unmergedScalars.count)
    unmergedScalars.append(scalar)
    symbols.insert(UInt64(scalar), UInt64(made))
    return made
  }
}
