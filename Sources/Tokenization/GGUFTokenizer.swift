package import Core

extension TokenizerDescription {
  /// The same tokenizer as GGUF files describe one: by the name of a pre-tokenizer, or with scores in place of merges.
  ///
  /// - Throws: `TokenizerError` where GGUF has no name for what a `tokenizer.json` does.
  package func asGGUF() throws(TokenizerError) -> TokenizerDescription {
    guard let preparation else { return self }
    var other = self
    other.preparation = nil
    switch model {
    case "gpt2": other.preTokenizer = try PreTokenizerFamily.name(of: preparation)
    case "gemma4":
      guard kinds.contains(.byte), preparation.rewrites.contains(.replace(.literal(" "), with: "▁")) else {
        throw TokenizerError(
          "GGUF has no name for a vocabulary of characters without bytes; use the model's folder as it is")
      }
      other.model = "llama"
      other.preTokenizer = "default"
      other.scores = scoresOfMerges()
      other.merges = []
    case "llama":
      throw TokenizerError(
        "GGUF has no name for a tokenizer.model that removes blanks; use the model's folder as it is")
    default: throw TokenizerError("Unigram vocabularies cannot be written to GGUF; use the model's folder as it is")
    }
    return other
  }

  /// Pieces that are merged sooner score higher. No text is merged to a piece without a merge but characters.
  private func scoresOfMerges() -> [Float] {
    var ids: [[UInt8]: Int] = [:]
    for (id, token) in tokens.enumerated() { ids[token] = id }
    var scores = [Float](repeating: -1e9, count: tokens.count)
    for (rank, merge) in merges.enumerated() {
      guard let id = ids[merge.filter { $0 != 0x20 }], scores[id] == -1e9 else { continue }
      scores[id] = -Float(rank)
    }
    return scores
  }
}

extension PreTokenizerFamily {
  /// The name of the family that cuts text as a `tokenizer.json` says: it is found by a text that no two families cut
  /// alike.
  fileprivate static func name(of preparation: TextPreparation) throws(TokenizerError) -> String {
    let splits = PreTokenizer.pieces(of: probe, by: try PreTokenizer(preparation.splits))
    for family in allCases where family.takesEntriesWhole == preparation.takesEntriesWhole {
      if PreTokenizer.pieces(of: probe, by: try family.preTokenizer()) == splits, let name = family.names.first {
        return name
      }
    }
    throw TokenizerError(
      "GGUF has no name for the way in which tokenizer.json cuts text; use the model's folder as it is")
  }

  /// Words, numbers, signs, blanks and line ends of many kinds, side by side.
  private static let probe = Array(
    """
    Hello  wOrld, it's HE'LL we'Re DON'T 3 33 333 3333 33333 3.14 1,000,000 ½²x٣٤ \
    \u{3000}\t tab\t\tend  \n\n \n line\r\n\
     camelCase XMLHttpRequest snake_case a+b=c <|x|> {"k":[1,2]} f(x){return;} //--!! ?! ... -- ’s ‘a’ “q” —dash €5 £6 \
    ééé éa naïve Ünïcödé Привет ПРИВЕТ мир你好，世界。テスト ひらがな 한국어 ไทย हिन्दी عربي עברית ğüş 🚀🚀 👨‍👩‍👧 e\u{301}x \
    \u{200B}z 12ab34 ab12cd x1y2 #tag @me $5 50% ~^| `code` \\n a\u{A0}b !a .b ,c ;d /e /\n)\n\n;\r\n  trailing   
    """.utf8)
}

extension PreTokenizer {
  fileprivate static func pieces(of text: [UInt8], by preTokenizer: PreTokenizer) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    text.withUnsafeBufferPointer { bytes in preTokenizer.forEachPiece(of: bytes) { pieces.append(Array($0)) } }
    return pieces
  }
}
