import Core

/// What turns text without special tokens into ids: one case for each kind of vocabulary.
enum TextEncoder: Sendable {
  case sentencePiece(SentencePieceEncoder, addsPrefix: Bool)
  case byteLevel(ByteLevelEncoder)
  case character(CharacterEncoder)
  case unigram(UnigramEncoder)

  var merges: PairTable {
    switch self {
    case .sentencePiece(let encoder, _): encoder.merges
    case .byteLevel(let encoder): encoder.merges
    case .character(let encoder): encoder.merges
    case .unigram: PairTable()
    }
  }

  /// Appends the ids of a text.
  /// - Parameter bytes: valid UTF-8.
  func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, with merger: inout BytePairMerger, into output: inout [TokenID]
  ) {
    switch self {
    case .sentencePiece(let encoder, let addsPrefix):
      encoder.encode(bytes, addingPrefix: addsPrefix, with: &merger, into: &output)
    case .byteLevel(let encoder): encoder.encode(bytes, with: &merger, into: &output)
    case .character(let encoder): encoder.encode(bytes, with: &merger, into: &output)
    case .unigram(let encoder): encoder.encode(bytes, into: &output)
    }
  }
}
