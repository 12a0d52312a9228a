package import Core

/// Encodes and decodes text with the vocabularies of GGUF files: SentencePiece-style (`llama`) and byte-level BPE
/// (`gpt2`).
///
/// Immutable, so any thread may use it. Encoding n bytes costs at most O(n log n).
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

  /// Whether the model uses a begin token before a text.
  package let addsBeginToken: Bool
  /// Whether a space is added before a text, and before text after a special token.
  package let addsSpacePrefix: Bool

  /// - Throws: `TokenizerError` when the vocabulary has an unknown kind, is damaged, or exceeds the limits.
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
      // A match would split characters, and encoders require UTF-8.
      guard String(validating: spelling, as: UTF8.self) != nil else { continue }
      matchers.special.insert(spelling, token: TokenID(id))
      if kind == .userDefined { matchers.userDefined.insert(spelling, token: TokenID(id)) }
    }
    (userDefined, special) = matchers
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
