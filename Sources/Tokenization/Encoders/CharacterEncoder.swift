import Core

/// Encodes text with BPE vocabularies over characters: cuts it into pieces and merges the characters of each by rank. A
/// character in no token becomes its byte tokens, where the vocabulary has them, else the unknown token.
struct CharacterEncoder: Sendable {
  let merges: PairTable
  private let preTokenizer: PreTokenizer
  private let takesEntriesWhole: Bool
  private let fusesUnknown: Bool
  /// Pairs of adjacent characters within tokens. No token spans another pair, so pieces are cut there first: this is
  /// exact, and makes many short runs of a long piece.
  private let neighbors: PairTable
  private let spellings: SpellingTable
  /// Scalar to token.
  private let characters: PairTable
  /// Token of every byte; nil when one is missing.
  private let byteTokens: [TokenID]?
  private let unknownToken: TokenID?

  /// - Throws: `TokenizerError` for a merge of pieces that the vocabulary lacks.
  init(
    _ vocabulary: Vocabulary, merges lines: [[UInt8]], preTokenizer: PreTokenizer, takesEntriesWhole: Bool,
    fusesUnknown: Bool
  ) throws(TokenizerError) {
    self.preTokenizer = preTokenizer
    self.takesEntriesWhole = takesEntriesWhole
    self.fusesUnknown = fusesUnknown
    unknownToken = vocabulary.unknownToken
    byteTokens = vocabulary.byteTokens
    var spellings = SpellingTable(capacity: vocabulary.count)
    var characters = PairTable(capacity: 1024)
    for (id, spelling) in vocabulary.spellings.enumerated() {
      guard [.normal, .userDefined].contains(vocabulary.kinds[id]), !spelling.isEmpty else { continue }
      spellings.insert(spelling, id: TokenID(id))
      if let scalar = CharacterEncoder.onlyScalar(of: spelling) { characters.insert(UInt64(scalar), UInt64(id)) }
    }
    var (merges, neighbors) = (PairTable(capacity: lines.count), PairTable(capacity: 4096))
    for (rank, pair) in try MergeList(lines, kind: "gemma4").pairs.enumerated() {
      let (left, right) = (spellings.id(of: pair.left), spellings.id(of: pair.right))
      let whole = spellings.id(of: Array(pair.left) + Array(pair.right))
      guard left >= 0, right >= 0, whole >= 0 else {
        throw TokenizerError("merge \(rank) makes or needs a piece that the vocabulary lacks; the file is damaged")
      }
      merges.insert(PairTable.key(left, right), UInt64(rank) << 32 | UInt64(UInt32(whole)), keepingOld: true)
      if let pair = CharacterEncoder.border(pair, characters) { neighbors.insert(pair, 0) }
    }
    self.merges = merges
    self.neighbors = neighbors
    self.spellings = spellings
    self.characters = characters
  }

  /// Appends the ids of a text.
  /// - Parameter bytes: valid UTF-8.
  func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, with merger: inout BytePairMerger, into output: inout [TokenID]
  ) {
    var run: [Int32] = []
    preTokenizer.forEachPiece(of: bytes) { piece in
      let whole = takesEntriesWhole ? spellings.id(of: piece) : -1
      if whole >= 0 { return output.append(whole) }
      encodePiece(piece, &run, with: &merger, into: &output)
    }
  }

  private func encodePiece(
    _ piece: UnsafeBufferPointer<UInt8>, _ run: inout [Int32], with merger: inout BytePairMerger,
    into output: inout [TokenID]
  ) {
    func flush() {
      merger.merge(&run)
      output.append(contentsOf: run)
      run.removeAll(keepingCapacity: true)
    }
    var (at, followsUnknown) = (0, false)
    while at < piece.count {
      let (scalar, length) = ScalarText.scalar(in: piece, at: at)
      let found = characters.value(for: UInt64(scalar))
      if found == PairTable.absent {
        flush()
        if let byteTokens {
          for byte in piece[at..<at + length] { output.append(byteTokens[Int(byte)]) }
        } else if let unknownToken, !(fusesUnknown && followsUnknown) {
          output.append(unknownToken)
        }
      } else {
        let next = Int32(found)
        if let last = run.last, neighbors.value(for: PairTable.key(last, next)) == PairTable.absent { flush() }
        run.append(next)
      }
      followsUnknown = found == PairTable.absent && byteTokens == nil
      at += length
    }
    flush()
  }

  private static func onlyScalar(of spelling: [UInt8]) -> UInt32? {
    guard spelling.count <= 4, let text = String(validating: spelling, as: UTF8.self) else { return nil }
    let scalars = text.unicodeScalars
    return scalars.count == 1 ? scalars.first?.value : nil
  }

  /// The characters that a merge brings together; nil when one is no token, so that they never meet.
  private static func border(_ pair: MergeList.Pair, _ characters: PairTable) -> UInt64? {
    guard let left = String(validating: pair.left, as: UTF8.self)?.unicodeScalars.last,
      let right = String(validating: pair.right, as: UTF8.self)?.unicodeScalars.first
    else { return nil }
    let (first, second) = (characters.value(for: UInt64(left.value)), characters.value(for: UInt64(right.value)))
    guard first != PairTable.absent, second != PairTable.absent else { return nil }
    return PairTable.key(Int32(first), Int32(second))
  }
}
