import Core

/// Guesses what follows a sequence: what followed its last tokens where they stood before (prompt lookup decoding).
/// Good at answers that quote, and worth nothing for others.
///
/// Reads each token once; a guess costs one look-up.
struct PromptLookup: Sendable {
  /// Tokens that must stand there alike. Two stand alike too often by chance.
  static let matchCount = 3

  /// By the tokens: where what followed them last is. Tokens that collide only make a bad guess.
  private var places: [UInt64: Int] = [:]
  private var readCount = matchCount

  /// - Parameter tokens: all of the sequence's; those of earlier calls, and new ones behind them.
  /// - Returns: at most `limit` tokens; none where the last ones are new.
  mutating func draft(after tokens: [TokenID], limit: Int) -> [TokenID] {
    guard tokens.count >= Self.matchCount, limit > 0 else { return [] }
    // What follows the last ones is not known.
    while readCount < tokens.count {
      places[Self.key(tokens, endingAt: readCount)] = readCount
      readCount += 1
    }
    guard let place = places[Self.key(tokens, endingAt: tokens.count)] else { return [] }
    return Array(tokens[place..<min(place + limit, tokens.count)])
  }

  private static func key(_ tokens: [TokenID], endingAt end: Int) -> UInt64 {
    tokens[end - matchCount..<end].reduce(0) { $0 << 21 ^ UInt64(UInt32(bitPattern: $1)) }
  }
}
