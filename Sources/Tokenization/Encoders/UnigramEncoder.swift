import Core

/// Encodes text with Unigram vocabularies: of all ways to write a piece with tokens the one with the highest sum of
/// scores, and of equal ones the one whose last token is longest.
struct UnigramEncoder: Sendable {
  /// Longest spelling of a token, which bounds the work at every character.
  static let longestSpelling = 1024
  /// How much worse than the worst token an unknown character is, as SentencePiece has it.
  private static let unknownPenalty: Double = 10

  private let preTokenizer: PreTokenizer
  private let tokens: SpellingTrie
  private let scores: [Double]
  private let unknownToken: TokenID
  private let unknownScore: Double
  /// Token of every byte; nil when one is missing.
  private let byteTokens: [TokenID]?

  /// - Throws: `TokenizerError` when scores or the unknown token are missing, or a spelling is too long.
  init(_ vocabulary: Vocabulary, scores: [Float], preTokenizer: PreTokenizer) throws(TokenizerError) {
    guard scores.count == vocabulary.count, scores.allSatisfy(\.isFinite) else {
      throw TokenizerError("a Unigram vocabulary needs a finite score for every token")
    }
    byteTokens = vocabulary.byteTokens
    guard let unknown = vocabulary.unknownToken else {
      throw TokenizerError("a Unigram vocabulary needs an unknown token that is not a control token")
    }
    self.preTokenizer = preTokenizer
    self.scores = scores.map(Double.init)
    unknownToken = unknown
    unknownScore = (self.scores.min() ?? 0) - UnigramEncoder.unknownPenalty
    var trie = SpellingTrie()
    for (id, spelling) in vocabulary.spellings.enumerated() where !spelling.isEmpty {
      guard [.normal, .userDefined].contains(vocabulary.kinds[id]) else { continue }
      guard spelling.count <= UnigramEncoder.longestSpelling else {
        throw TokenizerError(
          "token \(id) is \(spelling.count) bytes long; a Unigram vocabulary may have at most"
            + " \(UnigramEncoder.longestSpelling)")
      }
      trie.insert(spelling, token: TokenID(id))
    }
    tokens = trie
  }

  /// Appends the ids of a text.
  /// - Parameter bytes: valid UTF-8.
  func encode(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [TokenID]) {
    preTokenizer.forEachPiece(of: bytes) { encodePiece($0, into: &output) }
  }

  /// The best way to write what is before a byte: its score, and where its last token begins.
  private struct Node {
    var score = -Double.infinity
    var start = -1
    var token: TokenID = -1
  }

  private func encodePiece(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [TokenID]) {
    var nodes = [Node](repeating: Node(), count: piece.count + 1)
    nodes[0].score = 0
    var start = 0
    while start < piece.count {
      let score = nodes[start].score
      let length = ScalarText.scalar(in: piece, at: start).1
      var coversCharacter = false
      tokens.forEachPrefix(of: piece, at: start) { end, token in
        let sum = score + scores[Int(token)]
        if sum > nodes[end].score { nodes[end] = Node(score: sum, start: start, token: token) }
        coversCharacter = coversCharacter || end == start + length
      }
      let end = start + length
      if !coversCharacter, score + unknownScore > nodes[end].score {
        nodes[end] = Node(score: score + unknownScore, start: start, token: unknownToken)
      }
      start = end
    }
    append(nodes, of: piece, to: &output)
  }

  private func append(_ nodes: [Node], of piece: UnsafeBufferPointer<UInt8>, to output: inout [TokenID]) {
    var (end, parts) = (piece.count, [Node]())
    var ends: [Int] = []
    while end > 0 {
      parts.append(nodes[end])
      ends.append(end)
      end = nodes[end].start
    }
    var followsUnknown = false
    for (part, end) in zip(parts, ends).reversed() {
      let isUnknown = part.token == unknownToken
      if isUnknown, let byteTokens {
        for byte in piece[part.start..<end] { output.append(byteTokens[Int(byte)]) }
      } else if !(isUnknown && followsUnknown) {
        output.append(part.token)
      }
      followsUnknown = isUnknown
    }
  }
}
