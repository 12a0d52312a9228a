import Core
import Synchronization

/// The tokens that break DRY's repetitions, found in the vocabulary by their texts. Those of the last few sets of texts
/// are kept, since to find them takes a look at every token.
final class DryBreakers: Sendable {
  struct Found: Hashable, Sendable {
    /// Tokens that have one of the texts in them, in ascending order.
    var tokens: [TokenID] = []
    /// Tokens that end in the beginning of a text, with those that spell its rest; in ascending order, token by token.
    var phrases: [[TokenID]] = []
  }

  private static let keptCount = 8
  /// The last used first.
  private let kept = Mutex<[(texts: [String], found: Found)]>([])

  func found(_ texts: [String], codec: any TextCodec, vocabularySize: Int) throws -> Found {
    if let known = kept.withLock({ $0.first { $0.texts == texts }?.found }) { return known }
    let found = try Self.search(texts, codec, vocabularySize)
    kept.withLock { kept in
      kept.removeAll { $0.texts == texts }
      kept.insert((texts, found), at: 0)
      kept.removeLast(max(0, kept.count - Self.keptCount))
    }
    return found
  }

  private static func search(_ texts: [String], _ codec: any TextCodec, _ vocabularySize: Int) throws -> Found {
    let texts = texts.map { (text: $0, bytes: Array($0.utf8)) }
    var found = Found()
    for token in 0..<TokenID(vocabularySize) {
      let spelling = codec.spelling(of: token)
      if texts.contains(where: { contains(spelling, $0.bytes) }) { found.tokens.append(token) }
      for (text, bytes) in texts where bytes.count > 1 {
        guard let count = overlap(spelling, bytes),
          let rest = String(validating: text.utf8.dropFirst(count), as: UTF8.self)
        else { continue }
        let phrase = [token] + (try codec.encode(rest, addsBegin: false, parsesControlTokens: false))
        if DryParameters.Bounds.phraseLength.contains(phrase.count) { found.phrases.append(phrase) }
      }
      // More are refused; texts that have too many must not take long to find.
      if found.phrases.count > DryParameters.Bounds.phraseCount { break }
    }
    found.phrases.sort { $0.lexicographicallyPrecedes($1) }
    return found
  }

  private static func contains(_ spelling: [UInt8], _ text: [UInt8]) -> Bool {
    guard let first = text.first, spelling.count >= text.count else { return false }
    if text.count == 1 { return spelling.contains(first) }
    return spelling.indices.contains { spelling[$0] == first && spelling[$0...].starts(with: text) }
  }

  /// How many bytes at the end of a token begin the text, all of it excluded; the most there are. Nil for none.
  private static func overlap(_ spelling: [UInt8], _ text: [UInt8]) -> Int? {
    var count = min(spelling.count, text.count - 1)
    while count > 0, !text.starts(with: spelling.suffix(count)) { count -= 1 }
    return count > 0 ? count : nil
  }
}
