import Core

/// The bytes that each token contributes to a text, in one block.
struct PieceTable: Sendable {
  private let bytes: [UInt8]
  /// One more than the tokens: token t has the bytes from `starts[t]` to `starts[t + 1]`.
  private let starts: [Int]

  /// - Parameter isByteLevel: whether spellings of ordinary tokens are in the byte-level alphabet.
  init(_ vocabulary: Vocabulary, isByteLevel: Bool) {
    var bytes: [UInt8] = []
    var starts = [0]
    starts.reserveCapacity(vocabulary.count + 1)
    for (spelling, kind) in zip(vocabulary.spellings, vocabulary.kinds) {
      switch kind {
      case .control, .unknown: break
      case .byte where Vocabulary.byte(spelledBy: spelling) != nil:
        if let byte = Vocabulary.byte(spelledBy: spelling) { bytes.append(byte) }
      case .userDefined where isByteLevel: bytes.append(contentsOf: spelling)
      case .normal, .byte, .unused, .userDefined:
        if isByteLevel {
          bytes.append(contentsOf: ByteLevelAlphabet.decode(spelling) ?? spelling)
        } else {
          PieceTable.appendUnescaping(spelling, to: &bytes)
        }
      }
      starts.append(bytes.count)
    }
    self.bytes = bytes
    self.starts = starts
  }

  /// Empty for control tokens and invalid ids.
  subscript(token: TokenID) -> ArraySlice<UInt8> {
    guard token >= 0, Int(token) < starts.count - 1 else { return [] }
    return bytes[starts[Int(token)]..<starts[Int(token) + 1]]
  }

  private static func appendUnescaping(_ spelling: [UInt8], to bytes: inout [UInt8]) {
    var at = 0
    while at < spelling.count {
      if spelling[at] == 0xE2, at + 2 < spelling.count, spelling[at + 1] == 0x96, spelling[at + 2] == 0x81 {
        bytes.append(0x20)
        at += 3
      } else {
        bytes.append(spelling[at])
        at += 1
      }
    }
  }
}
