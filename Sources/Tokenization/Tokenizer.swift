package import Core

/// Encodes and decodes text with the vocabularies of GGUF files and of `tokenizer.json`: SentencePiece-style (`llama`),
/// byte-level BPE (`gpt2`), BPE over characters (`gemma4`) and Unigram (`t5`).
///
/// Immutable, so any thread may use it. Encoding n bytes costs at most O(n log n).
package final class Tokenizer: Sendable {
  private let vocabulary: Vocabulary
  private let pieces: PieceTable
  private let encoder: TextEncoder
  private let rewriter: TextRewriter
  private let specials: SpecialTokens

  /// Whether the model uses a begin token before a text.
  package let addsBeginToken: Bool
  /// Whether a space is added before a text, and before text after a special token.
  package let addsSpacePrefix: Bool

  /// - Throws: `TokenizerError` when the vocabulary has an unknown kind, is damaged, or exceeds the limits.
  package init(_ description: TokenizerDescription) throws(TokenizerError) {
    vocabulary = try Vocabulary(description)
    let setup = try EncoderSetup(description, vocabulary)
    encoder = setup.encoder
    rewriter = setup.rewriter
    addsSpacePrefix = setup.addsSpacePrefix
    addsBeginToken = setup.addsBeginToken
    pieces = PieceTable(vocabulary, isByteLevel: setup.spellsBytes)
    specials = try SpecialTokens(vocabulary, margins: description.margins)
  }

  package var vocabularySize: Int { vocabulary.count }
  package var beginToken: TokenID? { vocabulary.beginToken }
  /// Every token that ends a completion: those of the file and known spellings among its control tokens.
  package var endTokens: Set<TokenID> { vocabulary.endTokens }

  /// Whether a token is a control token. False for invalid ids.
  package func isControl(_ token: TokenID) -> Bool {
    vocabulary.kinds.indices.contains(Int(token)) && vocabulary.kinds[Int(token)] == .control
  }

  /// The vocabulary's spelling of a token (`<s>`, `▁the`, `Ġthe`); nil for invalid ids.
  package func spelling(of token: TokenID) -> String? {
    guard vocabulary.spellings.indices.contains(Int(token)) else { return nil }
    return String(decoding: vocabulary.spellings[Int(token)], as: UTF8.self)
  }

  /// The bytes that a token contributes to a text; empty for control tokens and invalid ids. May be invalid UTF-8,
  /// since a character may span several tokens.
  package func bytes(of token: TokenID) -> [UInt8] { Array(pieces[token]) }

  /// The ids of a text of less than 2 GiB.
  /// - Parameters:
  ///   - addingBegin: adds the begin token, unless the vocabulary has none or the text starts with it.
  ///   - parsingSpecial: whether spellings of control tokens become these tokens. Never for untrusted text.
  package func encode(_ text: String, addingBegin: Bool, parsingSpecial: Bool) -> [TokenID] {
    encode([TextSegment(text, parsesSpecial: parsingSpecial)], addingBegin: addingBegin)
  }

  /// The ids of several segments as one text: ordinary text may merge across segments, special tokens may not.
  package func encode(_ segments: [TextSegment], addingBegin: Bool) -> [TokenID] {
    var output: [TokenID] = []
    var merger = BytePairMerger(table: encoder.merges)
    specials.forEachPart(of: segments) { part in
      switch part {
      case .text(let text): encode(text, with: &merger, into: &output)
      case .token(let token): output.append(token)
      }
    }
    if addingBegin, let begin = beginToken, output.first != begin { output.insert(begin, at: 0) }
    return output
  }

  private func encode(_ text: [UInt8], with merger: inout BytePairMerger, into output: inout [TokenID]) {
    let text = rewriter.isEmpty ? text : rewriter.rewrite(text, isBeginning: output.isEmpty)
    guard !text.isEmpty else { return }
    text.withUnsafeBufferPointer { encoder.encode($0, with: &merger, into: &output) }
  }

  /// The text of ids; invalid UTF-8 becomes U+FFFD, invalid ids add nothing.
  /// - Parameter continuing: whether the tokens continue a text; then the space that a tokenizer adds before a text
  ///   stays.
  package func decode(_ tokens: [TokenID], continuing: Bool = false) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes.append(contentsOf: pieces[token]) }
    let dropsBlank = addsSpacePrefix && !continuing && bytes.first == 0x20
    return String(decoding: dropsBlank ? bytes[1...] : bytes[...], as: UTF8.self)
  }
}

/// A part of a text with its own rule for special tokens.
package struct TextSegment: Hashable, Sendable {
  package var text: String
  /// Whether spellings of control tokens become these tokens; false for untrusted text.
  package var parsesSpecial: Bool

  package init(_ text: String, parsesSpecial: Bool) {
    self.text = text
    self.parsesSpecial = parsesSpecial
  }
}
