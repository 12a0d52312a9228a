/// Swift source with comments, texts and regular expressions blanked, so that braces and words left over are code.
/// Line breaks stay, so that positions still tell lines.
struct SourceMask {
  private let source: [UInt8]
  private(set) var code: [UInt8]
  private var at = 0
  /// Last byte of code that was no space, and the word it ends.
  private var last: UInt8 = 0
  private var word: [UInt8] = []

  init(_ text: String) {
    source = Array(text.utf8)
    code = source
    while at < source.count { step() }
  }

  private func byte(_ offset: Int) -> UInt8 { at + offset < source.count ? source[at + offset] : 0 }

  private func isAt(_ text: StaticString) -> Bool {
    (0..<text.utf8CodeUnitCount).allSatisfy { byte($0) == text.utf8Start[$0] }
  }

  private mutating func blank(_ count: Int) {
    for index in at..<min(at + count, source.count) where source[index] != UInt8(ascii: "\n") {
      code[index] = UInt8(ascii: " ")
    }
    at = min(at + count, source.count)
  }

  private mutating func step() {
    if isAt("//") { return skipLine() }
    if isAt("/*") { return skipComment() }
    let hashes = hashCount()
    if byte(hashes) == UInt8(ascii: "\"") { return skipText(hashes: hashes) }
    if byte(0) == UInt8(ascii: "/"), startsExpression, byte(1) != UInt8(ascii: " ") { return skipPattern() }
    let current = source[at]
    if Self.isWord(current) {
      if !Self.isWord(at > 0 ? source[at - 1] : 0) { word = [] }
      word.append(current)
    } else if current != UInt8(ascii: " "), current != UInt8(ascii: "\n") {
      word = []
    }
    if current != UInt8(ascii: " ") { last = current }
    at += 1
  }

  static func isWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
      || (0x61...0x7A).contains(byte)
  }

  /// Whether a slash here begins a regular expression: behind a value it divides.
  private var startsExpression: Bool {
    if word == Array("return".utf8) || word == Array("in".utf8) { return true }
    return !Self.isWord(last) && !Array(")]}\"?!".utf8).contains(last)
  }

  private func hashCount() -> Int {
    var count = 0
    while byte(count) == UInt8(ascii: "#") { count += 1 }
    return count
  }

  private mutating func skipLine() {
    var count = 0
    while at + count < source.count, byte(count) != UInt8(ascii: "\n") { count += 1 }
    blank(count)
  }

  private mutating func skipComment() {
    var depth = 0
    repeat {
      if isAt("/*") {
        depth += 1
        blank(2)
      } else if isAt("*/") {
        depth -= 1
        blank(2)
      } else {
        blank(1)
      }
    } while depth > 0 && at < source.count
  }

  private mutating func skipText(hashes: Int) {
    blank(hashes)
    let isLong = isAt("\"\"\"")
    blank(isLong ? 3 : 1)
    while at < source.count {
      if byte(0) == UInt8(ascii: "\\"), (0..<hashes).allSatisfy({ byte(1 + $0) == UInt8(ascii: "#") }) {
        blank(1 + hashes)
        if byte(0) == UInt8(ascii: "(") { skipInterpolation() } else { blank(1) }
      } else if isLong ? isAt("\"\"\"") : byte(0) == UInt8(ascii: "\"") {
        let quotes = isLong ? 3 : 1
        let isClosed = (0..<hashes).allSatisfy { byte(quotes + $0) == UInt8(ascii: "#") }
        blank(isClosed ? quotes + hashes : 1)
        if isClosed { break }
      } else {
        blank(1)
      }
    }
    (last, word) = (UInt8(ascii: "\""), [])
  }

  /// `(…)` in a text, with the texts in it.
  private mutating func skipInterpolation() {
    var depth = 0
    repeat {
      if byte(0) == UInt8(ascii: "(") { depth += 1 }
      if byte(0) == UInt8(ascii: ")") { depth -= 1 }
      if byte(0) == UInt8(ascii: "\"") { skipText(hashes: 0) } else { blank(1) }
    } while depth > 0 && at < source.count
  }

  private mutating func skipPattern() {
    blank(1)
    while at < source.count, byte(0) != UInt8(ascii: "/"), byte(0) != UInt8(ascii: "\n") {
      blank(byte(0) == UInt8(ascii: "\\") ? 2 : 1)
    }
    blank(1)
    (last, word) = (UInt8(ascii: "\""), [])
  }
}
