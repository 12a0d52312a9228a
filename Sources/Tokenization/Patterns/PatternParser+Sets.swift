extension PatternParser {
  /// `[…]`, with `&&` between sets that all must have a scalar.
  mutating func bracket() throws(TokenizerError) -> ScalarSet {
    try nested { (parser) throws(TokenizerError) in try parser.bracketBody() }
  }

  private mutating func bracketBody() throws(TokenizerError) -> ScalarSet {
    at += 1
    let isNegated = skip("^")
    var (parts, isFirst) = ([ScalarItems()], true)
    while isFirst || next != 0x5D {
      guard let scalar = next else { throw refusal("a bracket without an end") }
      isFirst = false
      if skip("&&") {
        parts.append(ScalarItems())
        continue
      }
      if scalar == 0x5B {
        if skip("[:") { throw refusal("\"[:\"") }
        parts[parts.count - 1].add(try bracket())
        continue
      }
      try item(into: &parts[parts.count - 1])
    }
    at += 1
    if parts.count == 1, parts[0].sets.isEmpty { return parts[0].set(isNegated: isNegated) }
    let whole = try intersection(parts)
    guard isNegated else { return whole }
    throw refusal("a negated bracket with nested sets")
  }

  /// Sets within a bracket are united with what stands beside them, where that is nothing or they are alone.
  private func intersection(_ parts: [ScalarItems]) throws(TokenizerError) -> ScalarSet {
    var sets: [ScalarSet] = []
    for part in parts {
      guard part.sets.isEmpty || (part.isPlain && part.sets.count == 1) else { throw refusal("nested brackets") }
      sets.append(part.sets.first ?? part.set(isNegated: false))
    }
    return ScalarSet(isNegated: true, within: sets)
  }

  private mutating func item(into items: inout ScalarItems) throws(TokenizerError) {
    if next == 0x5C, let kind = try shorthand() { return items.add(kind) }
    let first = try member()
    guard next == 0x2D, at + 1 < scalars.count, scalars[at + 1] != 0x5D else {
      items.ranges += cases(first...first)
      return
    }
    at += 1
    let last = try member()
    guard first <= last else { throw refusal("a range that runs backwards") }
    items.ranges += cases(first...last)
  }

  /// One scalar, perhaps escaped.
  private mutating func member() throws(TokenizerError) -> UInt32 {
    guard let scalar = next else { throw refusal("a bracket without an end") }
    at += 1
    guard scalar == 0x5C else { return scalar }
    return try escapedScalar()
  }

  /// An escape outside brackets.
  mutating func escape() throws(TokenizerError) -> ScalarSet {
    if let kind = try shorthand() {
      var items = ScalarItems()
      items.add(kind)
      return items.set(isNegated: false)
    }
    at += 1
    let scalar = try escapedScalar()
    return ScalarSet(ranges: cases(scalar...scalar))
  }

  private mutating func escapedScalar() throws(TokenizerError) -> UInt32 {
    guard let scalar = next else { throw refusal("a backslash at its end") }
    at += 1
    switch Unicode.Scalar(scalar) {
    case "r": return 0x0D
    case "n": return 0x0A
    case "t": return 0x09
    case "f": return 0x0C
    case "v": return 0x0B
    case .some(let scalar) where scalar.isASCII && scalar.properties.isAlphabetic,
      .some(let scalar) where ("0"..."9").contains(scalar):
      throw refusal("the escape \"\\\(scalar)\"")
    default: return scalar
    }
  }

  /// `\s`, `\d`, `\w`, `\p{…}` and their complements.
  private mutating func shorthand() throws(TokenizerError) -> ScalarItems.Kind? {
    if skip("\\s") { return .of(.whitespace) }
    if skip("\\S") { return .except(.whitespace) }
    if skip("\\d") { return .of(.decimalNumber) }
    if skip("\\D") { return .except(.decimalNumber) }
    if skip("\\w") { return .of(.word) }
    if skip("\\W") { return .except(.word) }
    let isNegated: Bool
    if skip("\\p{") { isNegated = false } else if skip("\\P{") { isNegated = true } else { return nil }
    let isComplement = skip("^") != isNegated
    var name = ""
    while let scalar = next.flatMap(Unicode.Scalar.init), scalar != "}" {
      name.unicodeScalars.append(scalar)
      at += 1
    }
    guard skip("}") else { throw refusal("a property without an end") }
    if ["Han", "IsHan", "Script=Han"].contains(name) {
      guard !isComplement else { throw refusal("\"\\P{Han}\"") }
      return .ranges(ScalarItems.han)
    }
    guard let kind = ScalarItems.properties[name] else { throw refusal("the property \"\(name.prefix(32))\"") }
    return isComplement ? .except(kind) : .of(kind)
  }
}

/// What has been read of a bracket expression.
struct ScalarItems {
  enum Kind {
    case of(ScalarClass)
    case except(ScalarClass)
    case ranges([ClosedRange<UInt32>])
  }

  var classes: ScalarClass = []
  var complements: [ScalarClass] = []
  var ranges: [ClosedRange<UInt32>] = []
  /// Nested brackets.
  private(set) var sets: [ScalarSet] = []

  var isPlain: Bool { classes.isEmpty && complements.isEmpty && ranges.isEmpty }

  mutating func add(_ kind: Kind) {
    switch kind {
    case .of(let kind): classes.formUnion(kind)
    case .except(let kind): complements.append(kind)
    case .ranges(let more): ranges += more
    }
  }

  mutating func add(_ set: ScalarSet) { sets.append(set) }

  func set(isNegated: Bool) -> ScalarSet {
    ScalarSet(classes: classes, complements: complements, ranges: ranges, isNegated: isNegated)
  }

  static let properties: [String: ScalarClass] = [
    "L": .letter, "Letter": .letter, "Lu": .uppercase, "Lt": .titlecase, "Ll": .lowercase, "Lm": .modifierLetter,
    "Lo": .otherLetter, "M": .mark, "N": .number, "Nd": .decimalNumber, "P": .punctuation, "Punct": .punctuation,
    "Alphabetic": .alphabetic, "Pc": .connector, "S": .symbol, "Z": .separator, "C": .other,
  ]

  /// The script Han, by Unicode 16's Scripts.txt.
  static let han: [ClosedRange<UInt32>] = [
    0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
    0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3,
    0x16FF0...0x16FF1, 0x20000...0x2A6DF, 0x2A700...0x2B739, 0x2B740...0x2B81D, 0x2B820...0x2CEA1,
    0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x323AF,
  ]
}
