/// Reads a text scalar by scalar.
struct ScalarReader {
  private let scalars: [Unicode.Scalar]
  private(set) var offset = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  var isAtEnd: Bool { offset == scalars.count }
  var next: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }
  /// The line of what is next, from 1.
  var line: Int { scalars[..<offset].reduce(1) { $0 + ($1 == "\n" ? 1 : 0) } }
  /// What is next, for messages.
  var quoted: String { next.map { "\"\($0)\"" } ?? "end" }

  mutating func advance() { offset += 1 }

  func isAt(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes in
      offset + bytes.count <= scalars.count
        && bytes.indices.allSatisfy { scalars[offset + $0].value == UInt32(bytes[$0]) }
    }
  }

  /// Skips an ASCII text if it is next.
  mutating func skip(_ text: StaticString) -> Bool {
    guard isAt(text) else { return false }
    offset += text.utf8CodeUnitCount
    return true
  }

  mutating func read(while isTaken: (Unicode.Scalar) -> Bool) -> String {
    var text = String.UnicodeScalarView()
    while let scalar = next, isTaken(scalar) {
      text.append(scalar)
      offset += 1
    }
    return String(text)
  }

  /// A number of up to nine digits; nil when none is next.
  mutating func readNumber() -> Int? {
    let digits = read { ("0"..."9").contains($0) }
    return digits.utf8.count > 9 ? Int.max : Int(digits)
  }

  /// So many hexadecimal digits; nil when they are not next.
  mutating func readHexadecimal(_ count: Int) -> UInt32? {
    guard offset + count <= scalars.count else { return nil }
    var value: UInt32 = 0
    for scalar in scalars[offset..<offset + count] {
      guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    offset += count
    return value
  }
}

extension Unicode.Scalar {
  var utf8Bytes: [UInt8] { Array(UTF8.encode(self) ?? UTF8.encodedReplacementCharacter) }
}
