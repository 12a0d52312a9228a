import Core

/// Just enough of the protobuf form of SentencePiece models: field 1 is a piece with spelling (1), score (2)
/// and kind (3).
enum SentencePieceFile {
  static func description(_ bytes: [UInt8]) -> TokenizerDescription {
    var result = TestVocabulary.empty(model: "llama")
    forEachField(bytes[...]) { field, value in
      guard field == 1, case .bytes(let piece) = value else { return }
      var (spelling, score, kind): ([UInt8], Float, TokenKind) = ([], 0, .normal)
      forEachField(piece) { field, value in
        switch (field, value) {
        case (1, .bytes(let bytes)): spelling = Array(bytes)
        case (2, .fixed(let bits)): score = Float(bitPattern: bits)
        case (3, .number(let number)): kind = TokenKind(rawValue: Int32(number)) ?? .normal
        default: break
        }
      }
      result.tokens.append(spelling)
      result.scores.append(score)
      result.kinds.append(kind)
    }
    (result.unknownToken, result.beginToken, result.endToken) = (0, 1, 2)
    return result
  }

  private enum Value {
    case number(UInt64)
    case fixed(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  private static func forEachField(_ bytes: ArraySlice<UInt8>, _ body: (UInt64, Value) -> Void) {
    var rest = bytes
    while !rest.isEmpty {
      let tag = number(&rest)
      switch tag & 7 {
      case 0: body(tag >> 3, .number(number(&rest)))
      case 2:
        let length = Int(number(&rest))
        body(tag >> 3, .bytes(rest.prefix(length)))
        rest = rest.dropFirst(length)
      case 5:
        let bits = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        body(tag >> 3, .fixed(bits))
        rest = rest.dropFirst(4)
      default: return
      }
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
    var (result, shift) = (UInt64(0), UInt64(0))
    while let byte = rest.popFirst() {
      result |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    return result
  }
}
