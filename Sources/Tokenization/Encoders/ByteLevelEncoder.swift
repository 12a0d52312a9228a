import Core

/// Encodes text with byte-level vocabularies: cuts it into pre-tokens and merges the bytes of each by rank.
struct ByteLevelEncoder: Sendable {
  let merges: PairTable
  private let preTokenizer: PreTokenizer
  private let takesEntriesWhole: Bool
  /// Byte spellings to symbols: token ids, then numbers for pieces that occur only in merges.
  private let symbols: SpellingTable
  private let pieces: [[UInt8]]
  /// Symbol of every byte; -1 - byte when the vocabulary has none.
  private let byteSymbols: [Int32]
  private let unknownToken: TokenID?
  private let tokenCount: Int

  /// - Parameter takesEntriesWhole: whether a piece that is a vocabulary entry becomes that token, whatever the merges.
  /// - Throws: `TokenizerError` for a merge that is not two pieces.
  init(
    _ vocabulary: Vocabulary, merges lines: [[UInt8]], preTokenizer: PreTokenizer, takesEntriesWhole: Bool
  ) throws(TokenizerError) {
    self.preTokenizer = preTokenizer
    self.takesEntriesWhole = takesEntriesWhole
    tokenCount = vocabulary.count
    unknownToken = vocabulary.unknownToken
    var table = SpellingTable(capacity: vocabulary.count)
    for (id, spelling) in vocabulary.spellings.enumerated() {
      guard let bytes = ByteLevelAlphabet.decode(spelling), !bytes.isEmpty else { continue }
      // User-defined tokens are spelled as they stand; merges may lead to one where it does not count as a word.
      let isText = vocabulary.kinds[id] == .normal || (vocabulary.kinds[id] == .userDefined && bytes == spelling)
      if isText { table.insert(bytes, id: TokenID(id)) }
    }
    var pieces: [[UInt8]] = []
    func symbol(_ bytes: [UInt8]) -> Int32 {
      let found = table.id(of: bytes)
      if found >= 0 { return found }
      let made = Int32(vocabulary.count + pieces.count)
      pieces.append(bytes)
      table.insert(bytes, id: made)
      return made
    }
    var merges = PairTable(capacity: lines.count)
    for (rank, pair) in try MergeList(lines, kind: "gpt2").pairs.enumerated() {
      // A piece outside the alphabet cannot occur in a text.
      guard let left = ByteLevelAlphabet.decode(pair.left), let right = ByteLevelAlphabet.decode(pair.right)
      else { continue }
      let key = PairTable.key(symbol(left), symbol(right))
      let value = UInt64(rank) << 32 | UInt64(UInt32(symbol(left + right)))
      merges.insert(key, value, keepingOld: true)
    }
    byteSymbols = (0..<256).map { byte in
      let found = table.id(of: CollectionOfOne(UInt8(byte)))
      return found >= 0 ? found : -1 - Int32(byte)
    }
    self.merges = merges
    self.pieces = pieces
    symbols = table
  }

  /// Appends the ids of a text.
  /// - Parameter bytes: valid UTF-8.
  func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, with merger: inout BytePairMerger, into output: inout [TokenID]
  ) {
    var run: [Int32] = []
    preTokenizer.forEachPiece(of: bytes) { piece in encodePiece(piece, &run, with: &merger, into: &output) }
  }

  private func encodePiece(
    _ piece: UnsafeBufferPointer<UInt8>, _ run: inout [Int32], with merger: inout BytePairMerger,
    into output: inout [TokenID]
  ) {
    if takesEntriesWhole {
      let found = symbols.id(of: piece)
      if found >= 0, Int(found) < tokenCount { return output.append(found) }
    }
    run.removeAll(keepingCapacity: true)
    for byte in piece { run.append(byteSymbols[Int(byte)]) }
    merger.merge(&run)
    for symbol in run {
      if symbol >= 0, Int(symbol) < tokenCount {
        output.append(symbol)
      } else if symbol >= 0 {
        for byte in pieces[Int(symbol) - tokenCount] { append(byteSymbols[Int(byte)], to: &output) }
      } else {
        append(symbol, to: &output)
      }
    }
  }

  /// A byte without a token becomes the unknown token, or nothing: vocabularies omit bytes that valid UTF-8 never
  /// contains.
  private func append(_ symbol: Int32, to output: inout [TokenID]) {
    if symbol >= 0, Int(symbol) < tokenCount {
      output.append(symbol)
    } else if let unknownToken {
      output.append(unknownToken)
    }
  }
}
