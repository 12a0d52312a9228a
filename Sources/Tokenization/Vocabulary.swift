import Core

/// A checked vocabulary: the kind and spelling of each token.
struct Vocabulary: Sendable {
  static let maximumCount = 1 << 22
  static let longestSpelling = 4096

  let spellings: [[UInt8]]
  let kinds: [TokenKind]
  let beginToken: TokenID?
  /// Stands for text that no token spells. Never a control token, which text could then produce.
  let unknownToken: TokenID?
  let endTokens: Set<TokenID>

  var count: Int { spellings.count }

  /// - Throws: `TokenizerError` when lists do not match or an id is invalid.
  init(_ description: TokenizerDescription) throws(TokenizerError) {
    spellings = description.tokens
    try Vocabulary.check(description)
    beginToken = description.beginToken
    let kinds = Vocabulary.kinds(of: description)
    self.kinds = kinds
    unknownToken = description.unknownToken.flatMap { kinds[Int($0)] == .control ? nil : $0 }
    var ends = Set(description.otherEndTokens)
    if let end = description.endToken { ends.insert(end) }
    ends.formUnion(
      TokenizerDescription.ends(TokenizerDescription.endSpellings, of: description.tokens) {
        kinds[Int($0)] == .control
      })
    endTokens = ends
  }

  private static func check(_ description: TokenizerDescription) throws(TokenizerError) {
    let count = description.tokens.count
    guard (1...maximumCount).contains(count) else {
      throw TokenizerError("the vocabulary has \(count) tokens; between 1 and \(maximumCount) are supported")
    }
    for (name, length) in [("scores", description.scores.count), ("token types", description.kinds.count)] {
      guard length == 0 || length == count else {
        throw TokenizerError("the vocabulary has \(count) tokens but \(length) \(name); the file is damaged")
      }
    }
    for (id, spelling) in description.tokens.enumerated() where spelling.count > longestSpelling {
      throw TokenizerError(
        "token \(id) is \(spelling.count) bytes long; at most \(longestSpelling) are supported")
    }
    var named: [(String, TokenID?)] = [
      ("begin", description.beginToken), ("end", description.endToken), ("unknown", description.unknownToken),
    ]
    for token in description.otherEndTokens { named.append(("further end", token)) }
    for case (let name, let token?) in named where token < 0 || Int(token) >= count {
      throw TokenizerError("the \(name) token is \(token), outside the vocabulary of \(count) tokens")
    }
  }

  /// Some files mark turn markers as ordinary or user-defined tokens, which any user's text may contain. So tokens
  /// spelled like a marker count as control tokens.
  private static func kinds(of description: TokenizerDescription) -> [TokenKind] {
    let hasKinds = !description.kinds.isEmpty
    var kinds = hasKinds ? description.kinds : Array(repeating: .normal, count: description.tokens.count)
    for (id, spelling) in description.tokens.enumerated() {
      switch kinds[id] {
      case .userDefined where isMarker(spelling): kinds[id] = .control
      case .normal where isMarker(spelling) && (!hasKinds || TokenizerDescription.endSpellings.contains(spelling)):
        kinds[id] = .control
      case .normal where !hasKinds && byte(spelledBy: spelling) != nil: kinds[id] = .byte
      default: break
      }
    }
    if !hasKinds {
      if let begin = description.beginToken { kinds[Int(begin)] = .control }
      if let end = description.endToken { kinds[Int(end)] = .control }
      for token in description.otherEndTokens { kinds[Int(token)] = .control }
      if let unknown = description.unknownToken { kinds[Int(unknown)] = .unknown }
    }
    return kinds
  }

  /// The token of every byte; nil when one is missing.
  var byteTokens: [TokenID]? {
    var result = [TokenID](repeating: -1, count: 256)
    for (id, spelling) in spellings.enumerated() where kinds[id] == .byte {
      if let byte = Vocabulary.byte(spelledBy: spelling) { result[Int(byte)] = TokenID(id) }
    }
    return result.contains(-1) ? nil : result
  }

  /// `<|…|>`, with ASCII or full-width bars.
  private static func isMarker(_ spelling: [UInt8]) -> Bool {
    (spelling.starts(with: Array("<|".utf8)) && spelling.suffix(2).elementsEqual("|>".utf8)
      && spelling.count > 4)
      || (spelling.starts(with: Array("<｜".utf8)) && spelling.suffix(4).elementsEqual("｜>".utf8)
        && spelling.count > 8)
  }

  /// The byte of a spelling like `<0x0A>`.
  static func byte(spelledBy spelling: [UInt8]) -> UInt8? {
    guard spelling.count == 6, spelling.starts(with: Array("<0x".utf8)), spelling[5] == UInt8(ascii: ">")
    else {
      return nil
    }
    guard let high = hexDigit(spelling[3]), let low = hexDigit(spelling[4]) else { return nil }
    return high << 4 | low
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
