/// A regular expression as it was written.
indirect enum RegexNode: Hashable, Sendable {
  case scalars(ScalarSet)
  case sequence([RegexNode])
  case choice([RegexNode])
  case repetition(RegexNode, minimum: Int, maximum: Int?)
  case textStart
  case textEnd
}

/// Reads regular expressions as ECMA-262 defines them, as far as they describe regular languages. What does not, or
/// depends on flags, is refused by name.
struct RegexParser {
  private var reader: ScalarReader
  private var depth = 0

  /// - Throws: `GrammarError`.
  static func node(_ pattern: String) throws(GrammarError) -> RegexNode {
    var parser = RegexParser(reader: ScalarReader(pattern))
    let node = try parser.readAlternatives()
    guard parser.reader.isAtEnd else { throw parser.error("unexpected \(parser.reader.quoted)") }
    return node
  }

  private init(reader: ScalarReader) { self.reader = reader }

  private func error(_ reason: String) -> GrammarError {
    GrammarError("the regular expression, at character \(reader.offset + 1): \(reason)")
  }

  private mutating func readAlternatives() throws(GrammarError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= GrammarLimits.nesting else {
      throw error("groups are nested more than \(GrammarLimits.nesting) deep")
    }
    var alternatives = [try readSequence()]
    while reader.skip("|") { alternatives.append(try readSequence()) }
    return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
  }

  private mutating func readSequence() throws(GrammarError) -> RegexNode {
    var parts: [RegexNode] = []
    while let next = reader.next, next != "|", next != ")" {
      let atom = try readAtom(next)
      guard let bounds = try readRepetition() else {
        parts.append(atom)
        continue
      }
      guard atom != .textStart, atom != .textEnd else { throw error("an anchor cannot be repeated") }
      // Whether it takes as much as it can says nothing of what matches.
      _ = reader.skip("?")
      parts.append(.repetition(atom, minimum: bounds.minimum, maximum: bounds.maximum))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func readAtom(_ next: Unicode.Scalar) throws(GrammarError) -> RegexNode {
    if next == "\\" { return .scalars(try readEscape(inClass: false)) }
    reader.advance()
    switch next {
    case "^": return .textStart
    case "$": return .textEnd
    case ".": return .scalars(ScalarSet.lineEnds.complement)
    case "[": return .scalars(try readClass())
    case "(":
      try skipGroupName()
      let body = try readAlternatives()
      guard reader.skip(")") else { throw error(") is expected") }
      return body
    case "*", "+", "?", "{", "}", "]": throw error("\(next) has nothing to stand for here: write \\\(next)")
    default: return .scalars(ScalarSet(next))
    }
  }

  /// Behind `(`: what says that a group is not captured, or its name.
  private mutating func skipGroupName() throws(GrammarError) {
    guard reader.skip("?") else { return }
    if reader.skip(":") { return }
    for look in ["=", "!", "<=", "<!"] as [StaticString] where reader.isAt(look) {
      throw error("(?\(look) looks around, which cannot be enforced")
    }
    _ = reader.skip("P")
    guard reader.skip("<") else { throw error("(?\(reader.next.map { "\($0)" } ?? "") is not supported") }
    _ = reader.read { $0 != ">" && $0 != ")" }
    guard reader.skip(">") else { throw error("> is expected behind the group's name") }
  }

  private mutating func readRepetition() throws(GrammarError) -> (minimum: Int, maximum: Int?)? {
    if reader.skip("*") { return (0, nil) }
    if reader.skip("+") { return (1, nil) }
    if reader.skip("?") { return (0, 1) }
    guard reader.skip("{") else { return nil }
    let minimum = reader.readNumber()
    var maximum = minimum
    if reader.skip(",") { maximum = reader.isAt("}") ? nil : reader.readNumber() ?? -1 }
    guard let minimum, reader.skip("}"), maximum.map({ $0 >= minimum }) ?? true,
      max(minimum, maximum ?? 0) <= GrammarLimits.repetitionCount
    else { throw error("a repetition is {m}, {m,} or {m,n}, with n at most \(GrammarLimits.repetitionCount)") }
    return (minimum, maximum)
  }

  private mutating func readClass() throws(GrammarError) -> ScalarSet {
    let isNegated = reader.skip("^")
    var set = ScalarSet([])
    var ranges: [ClosedRange<UInt32>] = []
    while !reader.skip("]") {
      let first = try readClassMember()
      guard reader.isAt("-"), !reader.isAt("-]") else {
        ranges += first.ranges
        continue
      }
      reader.advance()
      let last = try readClassMember()
      guard let low = first.onlyScalar, let high = last.onlyScalar, low <= high else {
        throw error("a range goes from one character up to another")
      }
      ranges.append(low...high)
    }
    set = ScalarSet(ranges)
    return isNegated ? set.complement : set
  }

  private mutating func readClassMember() throws(GrammarError) -> ScalarSet {
    guard let next = reader.next else { throw error("] is expected") }
    if next == "\\" { return try readEscape(inClass: true) }
    reader.advance()
    return ScalarSet(next)
  }

  private mutating func readEscape(inClass: Bool) throws(GrammarError) -> ScalarSet {
    reader.advance()
    guard let escaped = reader.next else { throw error("the expression ends after \\") }
    reader.advance()
    switch escaped {
    case "d": return .digits
    case "D": return ScalarSet.digits.complement
    case "w": return .wordCharacters
    case "W": return ScalarSet.wordCharacters.complement
    case "s": return .blanks
    case "S": return ScalarSet.blanks.complement
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{C}"
    case "v": return "\u{B}"
    case "0": return "\0"
    case "b" where inClass: return "\u{8}"
    case "x": return try readHexadecimal(2)
    case "u": return try readHexadecimal(4)
    case "b", "B": throw error("\\\(escaped) looks around, which cannot be enforced")
    case "1"..."9", "k": throw error("\\\(escaped) refers back to a group, which cannot be enforced")
    case "p", "P": throw error("\\\(escaped) is not supported: list the characters")
    case "a"..."z", "A"..."Z": throw error("\\\(escaped) is not an escape")
    default: return ScalarSet(escaped)
    }
  }

  private mutating func readHexadecimal(_ count: Int) throws(GrammarError) -> ScalarSet {
    if count == 4, reader.skip("{") {
      let digits = reader.read { $0 != "}" && $0 != "\\" }
      guard reader.skip("}"), let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else {
        throw error("\\u{…} holds the hexadecimal digits of a character")
      }
      return ScalarSet(scalar)
    }
    guard let scalar = reader.readHexadecimal(count).flatMap(Unicode.Scalar.init) else {
      throw error("\(count) hexadecimal digits of a character are expected")
    }
    return ScalarSet(scalar)
  }
}

extension ScalarSet {
  static let digits = ScalarSet([0x30...0x39])
  static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let lineEnds: ScalarSet = "\n\r\u{2028}\u{2029}"
  /// White space and line ends of ECMA-262.
  static let blanks = ScalarSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
    0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])

  /// The scalar of a set of one.
  fileprivate var onlyScalar: UInt32? {
    ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil
  }
}
