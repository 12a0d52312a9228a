/// BPE merges as files store them: two pieces separated by a blank, in order of rank.
struct MergeList {
  typealias Pair = (left: ArraySlice<UInt8>, right: ArraySlice<UInt8>)
  let pairs: [Pair]

  /// - Parameter kind: of the vocabulary, for the message.
  /// - Throws: `TokenizerError` when there are none or too many, or one is not two pieces.
  init(_ lines: [[UInt8]], kind: String) throws(TokenizerError) {
    guard !lines.isEmpty else {
      throw TokenizerError("a \"\(kind)\" vocabulary requires merges, and this one has none")
    }
    guard lines.count <= Vocabulary.maximumCount else {
      throw TokenizerError(
        "the vocabulary has \(lines.count) merges; at most \(Vocabulary.maximumCount) are supported")
    }
    var pairs: [Pair] = []
    pairs.reserveCapacity(lines.count)
    for (rank, line) in lines.enumerated() {
      guard let blank = line.dropFirst().firstIndex(of: 0x20), blank + 1 < line.count,
        line.count <= 2 * Vocabulary.longestSpelling
      else {
        throw TokenizerError("merge \(rank) is not two pieces separated by a space; the file is damaged")
      }
      pairs.append((line[..<blank], line[(blank + 1)...]))
    }
    self.pairs = pairs
  }
}
