/// Properties of a Unicode scalar that patterns ask for. Every scalar has exactly one category; it may be whitespace or
/// alphabetic besides.
struct ScalarClass: OptionSet, Sendable, Hashable {
  let rawValue: UInt16

  static let uppercase = ScalarClass(rawValue: 1)
  static let titlecase = ScalarClass(rawValue: 2)
  static let lowercase = ScalarClass(rawValue: 4)
  static let modifierLetter = ScalarClass(rawValue: 8)
  static let otherLetter = ScalarClass(rawValue: 16)
  static let mark = ScalarClass(rawValue: 32)
  static let decimalNumber = ScalarClass(rawValue: 64)
  static let otherNumber = ScalarClass(rawValue: 128)
  static let connector = ScalarClass(rawValue: 256)
  static let otherPunctuation = ScalarClass(rawValue: 512)
  static let symbol = ScalarClass(rawValue: 1024)
  static let separator = ScalarClass(rawValue: 2048)
  /// Control, format, private-use, surrogate and unassigned.
  static let other = ScalarClass(rawValue: 4096)
  static let whitespace = ScalarClass(rawValue: 8192)
  static let alphabetic = ScalarClass(rawValue: 16384)
  /// As Oniguruma has it: of numbers that are no digits it counts those of Latin-1.
  static let word = ScalarClass(rawValue: 32768)

  static let letter: ScalarClass = [.uppercase, .titlecase, .lowercase, .modifierLetter, .otherLetter]
  static let number: ScalarClass = [.decimalNumber, .otherNumber]
  static let punctuation: ScalarClass = [.connector, .otherPunctuation]

  /// The class of a scalar; `other` for an invalid one.
  static func of(_ value: UInt32) -> ScalarClass {
    value < 0x10000 ? basicPlane[Int(value)] : computed(value)
  }

  /// Cached, because reading a property costs about fifty nanoseconds per character.
  private static let basicPlane: [ScalarClass] = (0..<0x10000).map(computed)

  private static func computed(_ value: UInt32) -> ScalarClass {
    guard let scalar = Unicode.Scalar(value) else { return .other }
    var result = category(of: scalar.properties.generalCategory)
    if scalar.properties.isWhitespace { result.insert(.whitespace) }
    if scalar.properties.isAlphabetic { result.insert(.alphabetic) }
    let isWord = !result.isDisjoint(with: [.alphabetic, .mark, .decimalNumber, .connector])
    if isWord || (value < 0x100 && result.contains(.otherNumber)) { result.insert(.word) }
    return result
  }

  private static func category(of category: Unicode.GeneralCategory) -> ScalarClass {
    switch category {
    case .uppercaseLetter: .uppercase
    case .lowercaseLetter: .lowercase
    case .titlecaseLetter: .titlecase
    case .modifierLetter: .modifierLetter
    case .otherLetter: .otherLetter
    case .nonspacingMark, .spacingMark, .enclosingMark: .mark
    case .decimalNumber: .decimalNumber
    case .letterNumber, .otherNumber: .otherNumber
    case .connectorPunctuation: .connector
    case .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
      .otherPunctuation:
      .otherPunctuation
    case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbol
    case .spaceSeparator, .lineSeparator, .paragraphSeparator: .separator
    case .control, .format, .surrogate, .privateUse, .unassigned: .other
    @unknown default: .other
    }
  }
}
