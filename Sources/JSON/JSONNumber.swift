/// A number with the digits it was written with, so that nothing is lost before its reader says what it should be.
package struct JSONNumber: Hashable, Sendable {
  /// As JSON spells it.
  package let text: String

  package init(_ value: Int) { text = String(value) }

  /// - Parameter value: finite.
  package init(_ value: Double) { text = String(value) }

  /// - Parameter text: a number as JSON spells it.
  init(text: String) { self.text = text }

  /// The value where it is a whole number that `Int` holds; `6.0` and `6e3` are whole.
  package var integer: Int? { Int(text) ?? wholeDouble.flatMap { Int(exactly: $0) } }

  /// The same of an unsigned number.
  package var unsigned: UInt64? { UInt64(text) ?? wholeDouble.flatMap { UInt64(exactly: $0) } }

  /// The nearest double: infinite where the number is beyond all of them.
  package var double: Double { Double(text) ?? .nan }

  /// Only what is spelled with a point or an exponent: digits alone that `Int` cannot hold are not rounded to it.
  private var wholeDouble: Double? {
    text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") } ? double : nil
  }
}
