import Core

/// Encodes text with SentencePiece-style vocabularies: merges characters to the tokens with the best scores; a
/// character in no token becomes its bytes.
struct SentencePieceEncoder: Sendable {
  /// Longest spelling of a mergeable token; finding its merges takes quadratic time.
  static let longestSpelling = 1024

  let merges: PairTable
  /// Pairs of adjacent symbols in tokens. No token spans another pair, so the text is cut there first: this is exact,
  /// and makes many short runs of a long text.
  private let neighbors: PairTable
  /// Scalar to symbol. Symbols are token ids, then numbers for scalars that occur only inside tokens.
  private let symbols: PairTable
  private let unmergedScalars: [UInt32]
  private let byteTokens: [TokenID]
  private let tokenCount: Int
  /// What is written once for unknown characters side by side; nil is none.
  private let fusedToken: TokenID?

  /// - Throws: `TokenizerError` when scores are missing, a spelling is too long, or some text has no ids.
  init(_ vocabulary: Vocabulary, scores: [Float], fusesUnknown: Bool) throws(TokenizerError) {
    guard scores.count == vocabulary.count else {
      throw TokenizerError(
        "a vocabulary of the kind \"llama\" needs a score for every token, and this one has none")
    }
    byteTokens = try SentencePieceEncoder.byteTokens(of: vocabulary)
    tokenCount = vocabulary.count
    fusedToken = fusesUnknown ? vocabulary.unknownToken : nil
    let table = try MergeableTokens(vocabulary)
    let ranks = SentencePieceEncoder.ranks(table.tokens.map { scores[Int($0.id)] })
    var merges = PairTable(capacity: vocabulary.count * 4)
    var neighbors = PairTable(capacity: 4096)
    for (token, rank) in zip(table.tokens, ranks) {
      let scalars = token.symbols
      for index in scalars.indices.dropFirst() {
        neighbors.insert(PairTable.key(scalars[index - 1], scalars[index]), 0)
        let (left, right) = table.parts(of: token, at: index)
        if left >= 0, right >= 0 {
          merges.insert(PairTable.key(left, right), UInt64(rank) << 32 | UInt64(UInt32(token.id)))
        }
      }
    }
    self.merges = merges
    self.neighbors = neighbors
    symbols = table.symbols
    unmergedScalars = table.unmergedScalars
  }

  /// Appends the ids of a text, with spaces written as `▁`.
  /// - Parameters:
  ///   - bytes: valid UTF-8.
  ///   - addingPrefix: whether to add a space before the text.
  func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, addingPrefix: Bool, with merger: inout BytePairMerger,
    into output: inout [TokenID]
  ) {
    let blank = symbol(for: 0x2581)
    var run: [Int32] = addingPrefix ? [blank] : []
    var at = 0
    while at < bytes.count {
      let (scalar, length) = ScalarText.scalar(in: bytes, at: at)
      at += length
      let next = scalar == 0x20 ? blank : symbol(for: scalar)
      if let last = run.last, (last | next) < 0 || !areNeighbors(last, next) {
        flush(&run, with: &merger, into: &output)
      }
      run.append(next)
    }
    flush(&run, with: &merger, into: &output)
  }

  private func areNeighbors(_ left: Int32, _ right: Int32) -> Bool {
    neighbors.value(for: PairTable.key(left, right)) != PairTable.absent
  }

  /// A scalar in no token is -1 - scalar.
  private func symbol(for scalar: UInt32) -> Int32 {
    let found = symbols.value(for: UInt64(scalar))
    return found == PairTable.absent ? -1 - Int32(scalar) : Int32(found)
  }

  private func flush(_ run: inout [Int32], with merger: inout BytePairMerger, into output: inout [TokenID]) {
    merger.merge(&run)
    for symbol in run {
      if symbol >= 0, Int(symbol) < tokenCount {
        output.append(symbol)
      } else {
        let scalar = symbol < 0 ? UInt32(-1 - symbol) : unmergedScalars[Int(symbol) - tokenCount]
        guard let scalar = Unicode.Scalar(scalar) else { continue }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          let token = byteTokens[Int(byte)]
          if token != fusedToken || output.last != token { output.append(token) }
        }
      }
    }
    run.removeAll(keepingCapacity: true)
  }

  /// The token of every byte: its byte token, else the token spelled by that byte, else the unknown token.
  private static func byteTokens(of vocabulary: Vocabulary) throws(TokenizerError) -> [TokenID] {
    var result = [TokenID](repeating: -1, count: 256)
    for (id, spelling) in vocabulary.spellings.enumerated() where spelling.count == 1 {
      if vocabulary.kinds[id] == .normal { result[Int(spelling[0])] = TokenID(id) }
    }
    for (id, spelling) in vocabulary.spellings.enumerated() where vocabulary.kinds[id] == .byte {
      if let byte = Vocabulary.byte(spelledBy: spelling) { result[Int(byte)] = TokenID(id) }
    }
    for byte in result.indices where result[byte] < 0 {
      guard let unknown = vocabulary.unknownToken else {
        throw TokenizerError(
          "the vocabulary has neither a token for byte \(byte) nor an unknown token that is not a control token, so it"
            + " cannot encode every text"
        )
      }
      result[byte] = unknown
    }
    return result
  }

  /// The highest score has rank 0; equal scores have equal ranks. NaN counts as the lowest.
  private static func ranks(_ scores: [Float]) -> [UInt32] {
    let scores = scores.map { $0.isNaN ? -Float.infinity : $0 }
    var ranks = [UInt32](repeating: 0, count: scores.count)
    var rank: UInt32 = 0
    var last: Float?
    for index in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if let last, last != scores[index] { rank += 1 }
      last = scores[index]
      ranks[index] = rank
    }
    return ranks
  }
}
