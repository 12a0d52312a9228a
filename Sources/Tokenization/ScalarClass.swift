/// Properties of a Unicode scalar for pre-tokenizers.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt8

  static let letter = ScalarClass(rawValue: 1)
  static let number = ScalarClass(rawValue: 2)
  static let whitespace = ScalarClass(rawValue: 4)
  static let mark = ScalarClass(rawValue: 8)
  static let punctuation = ScalarClass(rawValue: 16)
  /// Carriage return and line feed.
  static let newline = ScalarClass(rawValue: 32)
  /// An upper-, lower- or title-case letter.
  static let cased = ScalarClass(rawValue: 64)

  /// The class of a scalar; empty for an invalid one.
  static func of(_ value: UInt32) -> ScalarClass {
    value < 0x10000 ? basicPlane[Int(value)] : computed(value)
  }

  /// Cached, because reading a property costs about fifty nanoseconds per character.
  private static let basicPlane: [ScalarClass] = (0..<0x10000).map(computed)

  private static func computed(_ value: UInt32) -> ScalarClass {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    var result: ScalarClass = scalar.properties.isWhitespace ? [.whitespace] : []
    if value == 0x0A || value == 0x0D { result.insert(.newline) }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter: result.formUnion([.letter, .cased])
    case .modifierLetter, .otherLetter: result.insert(.letter)
    case .decimalNumber, .letterNumber, .otherNumber: result.insert(.number)
    case .nonspacingMark, .spacingMark, .enclosingMark: result.insert(.mark)
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      result.insert(.punctuation)
    default: break
    }
    return result
  }
}
