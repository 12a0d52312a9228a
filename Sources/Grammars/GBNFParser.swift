/// Reads GBNF, llama.cpp's notation of grammars: `name ::= …` with texts, classes of characters, groups, alternatives
/// and repetitions. Blanks, line ends and `#` comments may stand anywhere between.
struct GBNFParser {
  private var reader: ScalarReader
  private var grammar = Grammar()
  private var ids: [String: Grammar.RuleID] = [:]
  private var defined: Set<String> = []
  private var depth = 0

  /// - Throws: `GrammarError` that names the line.
  static func grammar(_ text: String) throws(GrammarError) -> Grammar {
    var parser = GBNFParser(reader: ScalarReader(text))
    return try parser.read()
  }

  private init(reader: ScalarReader) { self.reader = reader }

  private func error(_ reason: String) -> GrammarError { GrammarError("line \(reader.line) of the grammar: \(reason)") }

  private mutating func read() throws(GrammarError) -> Grammar {
    skipBlanks()
    while !reader.isAtEnd {
      guard let name = readName() else { throw error("a rule is expected, as in root ::= \"yes\" | \"no\"") }
      skipBlanks()
      guard reader.skip("::=") else { throw error("::= is expected behind \(name)") }
      let id = try id(of: name)
      guard defined.insert(name).inserted else { throw error("the rule \(name) is defined twice") }
      grammar.rules[id].body = try readAlternatives()
      guard reader.isAtEnd || isAtRule else { throw error("unexpected \(reader.quoted)") }
    }
    if let missing = grammar.rules.first(where: { !defined.contains($0.name) }) {
      throw GrammarError("the grammar uses the rule \(missing.name), which it does not define")
    }
    guard let root = ids["root"] else { throw GrammarError("the grammar has no rule named root") }
    grammar.root = root
    return grammar
  }

  private mutating func id(of name: String) throws(GrammarError) -> Grammar.RuleID {
    if let known = ids[name] { return known }
    guard grammar.rules.count < GrammarLimits.ruleCount else {
      throw error("there are more than \(GrammarLimits.ruleCount) rules")
    }
    grammar.rules.append(Grammar.Rule(name: name, body: .empty))
    ids[name] = grammar.rules.count - 1
    return grammar.rules.count - 1
  }

  private mutating func skipBlanks() {
    while let next = reader.next {
      if next == "#" {
        while let inComment = reader.next, inComment != "\n" { reader.advance() }
      } else if next == " " || next == "\t" || next == "\n" || next == "\r" {
        reader.advance()
      } else {
        return
      }
    }
  }

  private mutating func readName() -> String? {
    let name = reader.read { scalar in
      ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-"
        || scalar == "_"
    }
    return name.isEmpty ? nil : name
  }

  /// Whether a rule's definition begins here.
  private var isAtRule: Bool {
    var ahead = self
    guard ahead.readName() != nil else { return false }
    ahead.skipBlanks()
    return ahead.reader.skip("::=")
  }

  private mutating func readAlternatives() throws(GrammarError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= GrammarLimits.nesting else {
      throw error("groups are nested more than \(GrammarLimits.nesting) deep")
    }
    var alternatives = [try readSequence()]
    while reader.skip("|") { alternatives.append(try readSequence()) }
    return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
  }

  private mutating func readSequence() throws(GrammarError) -> Expression {
    var parts: [Expression] = []
    skipBlanks()
    while let next = reader.next, next != "|", next != ")", !isAtRule {
      var part = try readElement(next)
      skipBlanks()
      var count = 0
      while let bounds = try readRepetition() {
        part = .repetition(part, minimum: bounds.minimum, maximum: bounds.maximum)
        skipBlanks()
        count += 1
        guard count <= 8 else { throw error("a part has more than 8 repetitions") }
      }
      parts.append(part)
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func readElement(_ next: Unicode.Scalar) throws(GrammarError) -> Expression {
    switch next {
    case "\"":
      reader.advance()
      var text: [UInt8] = []
      while !reader.skip("\"") { text += try readCharacter().utf8Bytes }
      return .literal(text)
    case "[":
      reader.advance()
      return .scalars(try readClass())
    case ".":
      reader.advance()
      return .scalars(.all)
    case "(":
      reader.advance()
      guard !reader.isAt("?") else { throw error("(? is not supported: use plain groups") }
      let body = try readAlternatives()
      guard reader.skip(")") else { throw error(") is expected") }
      return body
    case "<", "!": throw error("tokens, as \(reader.quoted) begins one, are not supported: write their text")
    default:
      guard let name = readName() else { throw error("unexpected \(reader.quoted)") }
      return .rule(try id(of: name))
    }
  }

  private mutating func readClass() throws(GrammarError) -> ScalarSet {
    let isNegated = reader.skip("^")
    var ranges: [ClosedRange<UInt32>] = []
    while !reader.skip("]") {
      let first = try readCharacter()
      var last = first
      if reader.isAt("-"), !reader.isAt("-]") {
        reader.advance()
        last = try readCharacter()
      }
      guard first.value <= last.value else { throw error("the range \(first)-\(last) is upside down") }
      ranges.append(first.value...last.value)
    }
    let set = ScalarSet(ranges)
    return isNegated ? set.complement : set
  }

  /// A character of a text or a class, escaped or not.
  private mutating func readCharacter() throws(GrammarError) -> Unicode.Scalar {
    guard let scalar = reader.next else { throw error("the grammar ends inside a text or a class") }
    reader.advance()
    guard scalar == "\\" else { return scalar }
    guard let escaped = reader.next else { throw error("the grammar ends after \\") }
    reader.advance()
    switch escaped {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "x": return try readHexadecimal(2)
    case "u": return try readHexadecimal(4)
    case "U": return try readHexadecimal(8)
    case "\\", "\"", "[", "]", "^", "-", "/", "'": return escaped
    default: throw error("\\\(escaped) is not an escape: \\\\ is a backslash")
    }
  }

  private mutating func readHexadecimal(_ count: Int) throws(GrammarError) -> Unicode.Scalar {
    guard let scalar = reader.readHexadecimal(count).flatMap(Unicode.Scalar.init) else {
      throw error("\(count) hexadecimal digits of a character are expected")
    }
    return scalar
  }

  private mutating func readRepetition() throws(GrammarError) -> (minimum: Int, maximum: Int?)? {
    if reader.skip("*") { return (0, nil) }
    if reader.skip("+") { return (1, nil) }
    if reader.skip("?") { return (0, 1) }
    guard reader.skip("{") else { return nil }
    skipBlanks()
    let minimum = reader.isAt(",") ? 0 : reader.readNumber()
    skipBlanks()
    var maximum = minimum
    if reader.skip(",") {
      skipBlanks()
      maximum = reader.isAt("}") ? nil : reader.readNumber()
      guard reader.isAt("}") || maximum != nil else { throw error("a number is expected") }
      skipBlanks()
    }
    guard let minimum, reader.skip("}"), maximum.map({ $0 >= minimum }) ?? true,
      max(minimum, maximum ?? 0) <= GrammarLimits.repetitionCount
    else { throw error("a repetition is {m}, {m,} or {m,n}, with n at most \(GrammarLimits.repetitionCount)") }
    return (minimum, maximum)
  }
}
