/// What something is, by its bytes: a SHA-256. Two things of one id are the same.
package struct ContentID: Hashable, Sendable, CustomStringConvertible {
  package static let byteCount = 32

  /// Always 32.
  package let bytes: [UInt8]

  /// Nil unless there are 32 bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Nil unless these are 64 lower-case hexadecimal digits, which is what `description` gives.
  package init?(hexadecimal text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  package var description: String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// A part of something that has a content id: what a worker asks for and a coordinator sends.
package struct ContentRange: Hashable, Sendable {
  package var content: ContentID
  package var offset: Int
  /// At least 1, at most a block.
  package var byteCount: Int

  package init(content: ContentID, offset: Int, byteCount: Int) {
    self.content = content
    self.offset = offset
    self.byteCount = byteCount
  }
}

/// How far a coordinator's manifest is.
package enum ManifestNews: Hashable, Sendable {
  /// The share of the model that has been hashed.
  case inTheMaking(Double)
  /// What to fetch; the id is the SHA-256 of the encoded manifest as a whole.
  case ready(ContentID, byteCount: Int)
  /// There will be none, and why.
  case failed(String)
}
