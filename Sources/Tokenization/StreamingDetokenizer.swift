package import Inference

/// Tokens to text as they come: gives out only complete characters and keeps the bytes of one that is still
/// unfinished.
///
/// However the tokens are spread over calls, the texts together are the same. Bytes become U+FFFD only when
/// no further byte could make them a character. One a stream; not shared between threads.
package struct StreamingDetokenizer: Sendable {
  private let tokenizer: Tokenizer
  /// An unfinished character: at most three bytes.
  private var pending: [UInt8] = []
  private var dropsBlank: Bool

  /// - Parameter continuing: whether the tokens go on with a text (the usual case for an answer); otherwise
  ///   the blank that SentencePiece-style tokenizers put before a text is dropped from the first piece.
  package init(_ tokenizer: Tokenizer, continuing: Bool) {
    self.tokenizer = tokenizer
    dropsBlank = !continuing && tokenizer.addsSpacePrefix
  }

  /// The text that has become certain with this token; may be empty.
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

  /// The rest: U+FFFD when a character was left unfinished, else nothing. The stream may go on afterwards.
  package mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }
}

/// The end of a byte string that may yet become a character.
enum UTF8Tail {
  /// Bytes at the end that are a proper beginning of a valid UTF-8 sequence: 0...3.
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
    // The second byte alone decides on overlong forms, surrogates and what is beyond U+10FFFF.
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
