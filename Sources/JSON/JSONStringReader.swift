/// Reads one string of a JSON text, quotes included.
struct JSONStringReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var at: Int

  /// - Parameter at: the place of the opening quote.
  init(_ bytes: UnsafeBufferPointer<UInt8>, at: Int) {
    self.bytes = bytes
    self.at = at
  }

  /// Leaves `at` after the closing quote.
  mutating func read() throws(JSONError) -> String {
    let opening = at
    at += 1
    var start = at
    var unescaped: [UInt8] = []
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        // Most strings have no escape and are not copied twice.
        let text =
          unescaped.isEmpty
          ? String(validating: bytes[start..<at], as: UTF8.self)
          : String(validating: unescaped + bytes[start..<at], as: UTF8.self)
        at += 1
        guard let text else {
          throw JSONError("a string is not valid UTF-8; it begins", at: opening, in: bytes)
        }
        return text
      case UInt8(ascii: "\\"):
        unescaped += bytes[start..<at]
        try unescape(into: &unescaped)
        start = at
      case 0..<0x20: throw error("a string has a control character that must be escaped")
      default: at += 1
      }
    }
    throw JSONError("a string does not end; it begins", at: opening, in: bytes)
  }

  private func error(_ reason: String) -> JSONError { JSONError(reason, at: at, in: bytes) }

  private mutating func unescape(into text: inout [UInt8]) throws(JSONError) {
    guard at + 1 < bytes.count else { throw error("a string ends in an escape") }
    let plain: UInt8? =
      switch bytes[at + 1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes[at + 1]
      case UInt8(ascii: "b"): 0x08
      case UInt8(ascii: "f"): 0x0C
      case UInt8(ascii: "n"): 0x0A
      case UInt8(ascii: "r"): 0x0D
      case UInt8(ascii: "t"): 0x09
      default: nil
      }
    if let plain {
      text.append(plain)
      at += 2
      return
    }
    guard bytes[at + 1] == UInt8(ascii: "u") else { throw error("a string has an unknown escape") }
    text += Array(String(Character(try scalar())).utf8)
  }

  /// The scalar of `\uXXXX`, or of a surrogate pair of two of them.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    guard let first = unit(at: at) else { throw error("\\u is not followed by four hexadecimal digits") }
    if let scalar = Unicode.Scalar(first) {
      at += 6
      return scalar
    }
    guard first < 0xDC00, let second = unit(at: at + 6), (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw error("a string has half of a surrogate pair, which is no character,") }
    at += 12
    return scalar
  }

  private func unit(at place: Int) -> UInt32? {
    guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u"),
      bytes[place + 2..<place + 6].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
    else { return nil }
    return UInt32(String(decoding: bytes[place + 2..<place + 6], as: UTF8.self), radix: 16)
  }
}
