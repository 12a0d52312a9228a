package import Core

/// Decodes tokens one by one: returns complete characters only and keeps the bytes of an incomplete one.
///
/// The text does not depend on how tokens are split over calls. Bytes become U+FFFD only when no further byte can
/// complete them. One per stream; not shared between threads.
package struct StreamingDetokenizer: Sendable {
  private let tokenizer: Tokenizer
  /// An incomplete character: at most three bytes.
  private var pending: [UInt8] = []
  private var dropsBlank: Bool

  /// - Parameter continuing: whether the tokens continue a text, as a completion does; otherwise the first piece loses
  ///   the space that SentencePiece-style tokenizers add before a text.
  package init(_ tokenizer: Tokenizer, continuing: Bool) {
    self.tokenizer = tokenizer
    dropsBlank = !continuing && tokenizer.addsSpacePrefix
  }

  /// The text that this token completes; may be empty.
  package mutating func append(_ token: TokenID) -> String {
    var bytes = pending
    bytes.append(contentsOf: tokenizer.bytes(of: token))
    if dropsBlank, let first = bytes.first {
      dropsBlank = false
      if first == 0x20 { bytes.removeFirst() }
    }
    let complete = bytes.count - UTF8Tail.unfinishedByteCount(of: bytes)
    pending = Array(bytes[complete...])
    return String(decoding: bytes[..<complete], as: UTF8.self)
  }

  /// The rest: U+FFFD for an incomplete character, else nothing. The stream may continue afterwards.
  package mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }
}

/// The end of a byte string that may become a character.
enum UTF8Tail {
  /// Bytes at the end that are a proper prefix of a valid UTF-8 sequence: 0...3.
  static func unfinishedByteCount(of bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let first = bytes[bytes.count - count]
      if first & 0xC0 == 0x80 { continue }
      return isBeginning(bytes.suffix(count)) ? count : 0
    }
    return 0
  }

  private static func isBeginning(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return false }
    let length =
      (0xC2...0xDF).contains(first) ? 2 : first & 0xF0 == 0xE0 ? 3 : (0xF0...0xF4).contains(first) ? 4 : 0
    guard bytes.count < length else { return false }
    guard bytes.count > 1 else { return true }
    // The second byte alone decides overlong forms, surrogates and values beyond U+10FFFF.
    let second = bytes[bytes.startIndex + 1]
    return switch first {
    case 0xE0: second >= 0xA0
    case 0xED: second < 0xA0
    case 0xF0: second >= 0x90
    case 0xF4: second < 0x90
    default: true
    }
  }
}
