package import Inference

/// Text to token ids and back, for the vocabularies of GGUF files: SentencePiece-style (`llama`) and
/// byte-level BPE (`gpt2`).
///
/// Immutable once made, so any thread may use it. Encoding costs O(n log n) at worst in the bytes of the
/// text.
package final class Tokenizer: Sendable {
  private enum Encoder: Sendable {
    case sentencePiece(SentencePieceEncoder)
    case byteLevel(ByteLevelEncoder)
  }

  private let vocabulary: Vocabulary
  private let pieces: PieceTable
  private let encoder: Encoder
  /// Found in any text.
  private let userDefined: SpecialTokenMatcher
  /// Found only where special tokens are parsed: user-defined and control tokens.
  private let special: SpecialTokenMatcher

  /// Whether the model wants its begin token before a text.
  package let addsBeginToken: Bool
  /// Whether a blank is put before a text, and before text that follows a special token.
  package let addsSpacePrefix: Bool

  /// - Throws: `TokenizerError` when the vocabulary is of an unknown kind, damaged, or beyond the limits.
  package init(_ description: TokenizerDescription) throws(TokenizerError) {
    vocabulary = try Vocabulary(description)
    switch description.model {
    case "llama":
      encoder = .sentencePiece(try SentencePieceEncoder(vocabulary, scores: description.scores))
      pieces = PieceTable(vocabulary, isByteLevel: false)
      addsSpacePrefix = description.addsSpacePrefix ?? true
      addsBeginToken = description.addsBeginToken ?? true
    case "gpt2":
      let byteLevel = try ByteLevelEncoder(
        vocabulary, merges: description.merges, preTokenizer: description.preTokenizer)
      encoder = .byteLevel(byteLevel)
      pieces = PieceTable(vocabulary, isByteLevel: true)
      addsSpacePrefix = false
      addsBeginToken = description.addsBeginToken ?? byteLevel.preTokenizer.addsBeginByDefault
    default:
      throw TokenizerError(
        "the tokenizer kind \"\(description.model.prefix(64))\" is not supported; use a model whose"
          + " tokenizer.ggml.model is \"llama\" or \"gpt2\"")
    }
    var matchers = (userDefined: SpecialTokenMatcher(), special: SpecialTokenMatcher())
    for (id, spelling) in vocabulary.spellings.enumerated() {
      let kind = vocabulary.kinds[id]
      guard kind == .userDefined || kind == .control, !spelling.isEmpty else { continue }
      guard spelling.count <= SpecialTokenMatcher.longestSpelling else {
        throw TokenizerError(
          "the special token \(id) is \(spelling.count) bytes long; at most"
            + " \(SpecialTokenMatcher.longestSpelling) are supported")
      }
      // Found in a text, it would cut characters in two: what encoders get must be UTF-8.
      guard String(validating: spelling, as: UTF8.self) != nil else { continue }
      matchers.special.insert(spelling, token: TokenID(id))
      if kind == .userDefined { matchers.userDefined.insert(spelling, token: TokenID(id)) }
    }
    (userDefined, special) = matchers
  }

  package var vocabularySize: Int { vocabulary.count }
  package var beginToken: TokenID? { vocabulary.beginToken }
  /// Every token that ends an answer: those the file names and known spellings among its control tokens.
  package var endTokens: Set<TokenID> { vocabulary.endTokens }

  /// Whether a token steers the model instead of being text. False for ids that are none.
  package func isControl(_ token: TokenID) -> Bool {
    vocabulary.kinds.indices.contains(Int(token)) && vocabulary.kinds[Int(token)] == .control
  }

  /// How the vocabulary spells a token (`<s>`, `▁the`, `Ġthe`); nil for ids that are none.
  package func spelling(of token: TokenID) -> String? {
    guard vocabulary.spellings.indices.contains(Int(token)) else { return nil }
    return String(decoding: vocabulary.spellings[Int(token)], as: UTF8.self)
  }

  /// What a token contributes to a text; empty for control tokens and for ids that are none. A character may
  /// be spread over several tokens, so this need not be valid UTF-8.
  package func bytes(of token: TokenID) -> [UInt8] { Array(pieces[token]) }

  /// The ids of a text of less than 2 GiB.
  /// - Parameters:
  ///   - addingBegin: puts the begin token first, unless there is none or the text itself begins with it.
  ///   - parsingSpecial: whether spellings of control tokens stand for these tokens. Never for text from
  ///     outside.
  package func encode(_ text: String, addingBegin: Bool, parsingSpecial: Bool) -> [TokenID] {
    encode([TextSegment(text, parsesSpecial: parsingSpecial)], addingBegin: addingBegin)
  }

  /// The ids of UTF-8 text; what is not valid becomes U+FFFD.
  package func encode(utf8: some Collection<UInt8>, addingBegin: Bool, parsingSpecial: Bool) -> [TokenID] {
    encode(String(decoding: utf8, as: UTF8.self), addingBegin: addingBegin, parsingSpecial: parsingSpecial)
  }

  /// The ids of several segments read as one text: ordinary text may merge across their borders, special
  /// tokens may not.
  package func encode(_ segments: [TextSegment], addingBegin: Bool) -> [TokenID] {
    var output: [TokenID] = []
    var merger = BytePairMerger(table: merges)
    var plain: [UInt8] = []
    for segment in segments {
      var text = segment.text
      text.withUTF8 { bytes in
        let matcher = segment.parsesSpecial ? special : userDefined
        var at = 0
        while at < bytes.count {
          let match = matcher.isEmpty ? nil : matcher.firstMatch(in: bytes, from: at)
          plain.append(contentsOf: bytes[at..<(match?.range.lowerBound ?? bytes.count)])
          at = match?.range.upperBound ?? bytes.count
          if let match {
            encodePlain(&plain, with: &merger, into: &output)
            output.append(match.token)
          }
        }
      }
    }
    encodePlain(&plain, with: &merger, into: &output)
    if addingBegin, let begin = beginToken, output.first != begin { output.insert(begin, at: 0) }
    return output
  }

  private var merges: PairTable {
    switch encoder {
    case .sentencePiece(let encoder): encoder.merges
    case .byteLevel(let encoder): encoder.merges
    }
  }

  private func encodePlain(
    _ plain: inout [UInt8], with merger: inout BytePairMerger, into output: inout [TokenID]
  ) {
    if plain.isEmpty { return }
    plain.withUnsafeBufferPointer { bytes in
      switch encoder {
      case .sentencePiece(let encoder):
        encoder.encode(bytes, addingPrefix: addsSpacePrefix, with: &merger, into: &output)
      case .byteLevel(let encoder): encoder.encode(bytes, with: &merger, into: &output)
      }
    }
    plain.removeAll(keepingCapacity: true)
  }

  /// The text of ids; bytes that are not UTF-8 become U+FFFD, ids that are none contribute nothing.
  /// - Parameter continuing: whether the tokens go on with a text; then the blank that a tokenizer puts
  ///   before a text is kept, as it is a real one.
  package func decode(_ tokens: [TokenID], continuing: Bool = false) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes.append(contentsOf: pieces[token]) }
    let dropsBlank = addsSpacePrefix && !continuing && bytes.first == 0x20
    return String(decoding: dropsBlank ? bytes[1...] : bytes[...], as: UTF8.self)
  }
}

/// A part of a text with its own rule on special tokens.
package struct TextSegment: Hashable, Sendable {
  package var text: String
  /// Whether spellings of control tokens stand for these tokens; false for all that came from outside.
  package var parsesSpecial: Bool

  package init(_ text: String, parsesSpecial: Bool) {
    self.text = text
    self.parsesSpecial = parsesSpecial
  }
}
