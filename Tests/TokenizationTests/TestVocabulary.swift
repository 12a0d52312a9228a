import Core

/// Small vocabularies made by hand, so that what matters can be tested without any file.
enum TestVocabulary {
  static func empty(model: String) -> TokenizerDescription {
    TokenizerDescription(
      model: model, preTokenizer: "", tokens: [], scores: [], kinds: [], merges: [], beginToken: nil,
      endToken: nil,
      otherEndTokens: [], unknownToken: nil, addsBeginToken: nil, addsEndToken: nil, addsSpacePrefix: nil,
      chatTemplate: nil)
  }

  /// `<unk> <s> </s>`, 256 byte tokens, then pieces with falling scores, `<|im_end|>` (control), `[[tag]]`
  /// (user-defined).
  static func sentencePiece(_ pieces: [String]) -> TokenizerDescription {
    var result = empty(model: "llama")
    result.add("<unk>", .unknown)
    result.add("<s>", .control)
    result.add("</s>", .control)
    for byte in 0..<256 {
      let digits = String(byte, radix: 16, uppercase: true)
      result.add("<0x" + (byte < 16 ? "0" : "") + digits + ">", .byte)
    }
    for (index, piece) in pieces.enumerated() { result.add(piece, .normal, score: -Float(index)) }
    result.add("<|im_end|>", .control)
    result.add("[[tag]]", .userDefined)
    (result.unknownToken, result.beginToken, result.endToken) = (0, 1, 2)
    return result
  }

  /// All 256 bytes (ids by byte), the merges' results in order, `<|im_end|>` (control), `[[tag]]`
  /// (user-defined).
  static func byteLevel(_ merges: [String], preTokenizer: String = "gpt-2") -> TokenizerDescription {
    var result = empty(model: "gpt2")
    result.preTokenizer = preTokenizer
    for byte in 0..<256 { result.add(spelling(of: UInt8(byte)), .normal) }
    for merge in merges {
      result.merges.append(Array(merge.utf8))
      result.add(merge.filter { $0 != " " }, .normal)
    }
    result.add("<|im_end|>", .control)
    result.add("[[tag]]", .userDefined)
    result.scores = []
    result.endToken = TokenID(result.tokens.count - 2)
    return result
  }

  private static func spelling(of byte: UInt8) -> String {
    let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
    if isPrintable { return String(Unicode.Scalar(byte)) }
    // The 33 below 0x21 come first, then 0x7F...0xA0, then 0xAD.
    let index = byte < 0x21 ? UInt32(byte) : byte < 0xA1 ? UInt32(byte) - 0x7F + 33 : 67
    return Unicode.Scalar(0x100 + index).map { String($0) } ?? ""
  }
}

extension TokenizerDescription {
  mutating func add(_ spelling: String, _ kind: TokenKind, score: Float = 0) {
    tokens.append(Array(spelling.utf8))
    kinds.append(kind)
    scores.append(score)
  }

  func id(of spelling: String) -> TokenID? { tokens.firstIndex(of: Array(spelling.utf8)).map { TokenID($0) } }
}
