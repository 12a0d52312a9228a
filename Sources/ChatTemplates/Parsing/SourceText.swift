/// A template's source as Unicode scalars, with a place in it.
struct SourceText: Sendable {
  let scalars: [UInt32]
  private(set) var at = 0
  /// The line of `at`, from 1.
  private(set) var line = 1

  /// Line ends become line feeds, and one at the very end is dropped, as Jinja does.
  init(_ source: String) {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(source.utf8.count)
    var previous: UInt32 = 0
    for scalar in source.unicodeScalars {
      if scalar == "\r" {
        scalars.append(0x0A)
      } else if scalar != "\n" || previous != 0x0D {
        scalars.append(scalar.value)
      }
      previous = scalar.value
    }
    if scalars.last == 0x0A { scalars.removeLast() }
    self.scalars = scalars
  }

  var isAtEnd: Bool { at >= scalars.count }

  /// The scalar so far after the place; 0 beyond the end.
  subscript(ahead: Int) -> UInt32 { at + ahead < scalars.count ? scalars[at + ahead] : 0 }

  /// Whether ASCII text is next.
  func isNext(_ text: StaticString, ahead: Int = 0) -> Bool {
    guard at + ahead + text.utf8CodeUnitCount <= scalars.count else { return false }
    for index in 0..<text.utf8CodeUnitCount where scalars[at + ahead + index] != UInt32(text.utf8Start[index]) {
      return false
    }
    return true
  }

  mutating func move(by count: Int) { move(to: at + count) }

  mutating func move(to end: Int) {
    for index in at..<end where scalars[index] == 0x0A { line += 1 }
    at = end
  }

  mutating func skipWhitespace() {
    var end = at
    while end < scalars.count, TracedText.isWhitespace(scalars[end]) { end += 1 }
    move(to: end)
  }

  static func string(_ scalars: some Sequence<UInt32>) -> String {
    var view = String.UnicodeScalarView()
    for value in scalars { view.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
    return String(view)
  }
}
