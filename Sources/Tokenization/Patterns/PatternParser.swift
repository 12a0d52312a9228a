/// Reads a regular expression as tokenizers write them, in the syntax of Oniguruma; what is outside the part below is
/// refused by name.
///
/// Literals, `.`, bracket expressions with ranges, classes, negation, nesting and `&&`; `\s \S \d \D \w \W \r \n \t`,
/// `\p{…}` of general categories and of Han; groups, `(?i:…)` and `(?i)` for ASCII letters; `| ? * + {n,m}` and their
/// possessive forms; `(?=…)`, `(?!…)`, `$` and `\b`.
struct PatternParser {
  static let longestSource = 8192
  static let deepestNesting = 32
  /// Highest number in `{n,m}`.
  static let highestCount = 1024

  let scalars: [UInt32]
  let source: String
  var at = 0
  var ignoresCase = false
  private var depth = 0

  static func parse(_ source: String) throws(TokenizerError) -> PatternNode {
    guard source.utf8.count <= longestSource else {
      throw TokenizerError("a pattern of the tokenizer is longer than \(longestSource) bytes")
    }
    var parser = PatternParser(source)
    let node = try parser.alternatives()
    guard parser.at == parser.scalars.count else { throw parser.refusal("a \")\" that closes no group") }
    return node
  }

  private init(_ source: String) {
    self.source = source
    scalars = source.unicodeScalars.map(\.value)
  }

  func refusal(_ what: String) -> TokenizerError {
    TokenizerError(
      "the pattern \"\(source.prefix(80))\" of the tokenizer has \(what), which is not supported; use the model's"
        + " GGUF file, or another model")
  }

  var next: UInt32? { at < scalars.count ? scalars[at] : nil }

  /// Whether a text follows; if so, it is read.
  mutating func skip(_ text: StaticString) -> Bool {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard scalars.count - at >= bytes.count else { return false }
    for (offset, byte) in bytes.enumerated() where scalars[at + offset] != UInt32(byte) { return false }
    at += bytes.count
    return true
  }

  mutating func nested<Result>(
    _ body: (inout PatternParser) throws(TokenizerError) -> Result
  ) throws(TokenizerError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= PatternParser.deepestNesting else { throw refusal("more than 32 nested groups") }
    return try body(&self)
  }

  private mutating func alternatives() throws(TokenizerError) -> PatternNode {
    var parts = [try sequence()]
    while skip("|") { parts.append(try sequence()) }
    return parts.count == 1 ? parts[0] : .alternatives(parts)
  }

  private mutating func sequence() throws(TokenizerError) -> PatternNode {
    var parts: [PatternNode] = []
    while let scalar = next, scalar != 0x7C, scalar != 0x29 {  // | )
      if skip("(?i)") {
        ignoresCase = true
        continue
      }
      parts.append(try quantified(try atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom() throws(TokenizerError) -> PatternNode {
    guard let scalar = next else { throw refusal("an end where a part is expected") }
    switch Unicode.Scalar(scalar) {
    case "(": return try group()
    case "[": return .one(try bracket())
    case "\\":
      if skip("\\b") { return .wordBoundary }
      return .one(try escape())
    case ".":
      at += 1
      return .one(ScalarSet(ranges: [0x0A...0x0A], isNegated: true))
    case "$":
      at += 1
      return .lineEnd
    case "^": throw refusal("\"^\"")
    case "*", "+", "?": throw refusal("a quantifier without a part")
    default:
      at += 1
      return .one(ScalarSet(ranges: cases(scalar...scalar)))
    }
  }

  private mutating func group() throws(TokenizerError) -> PatternNode {
    let outer = ignoresCase
    let body: (inout PatternParser) throws(TokenizerError) -> PatternNode = { (parser) throws(TokenizerError) in
      let node = try parser.alternatives()
      guard parser.skip(")") else { throw parser.refusal("a group without an end") }
      return node
    }
    defer { ignoresCase = outer }
    if skip("(?=") { return .lookahead(try nested(body), isNegated: false) }
    if skip("(?!") { return .lookahead(try nested(body), isNegated: true) }
    if skip("(?i:") {
      ignoresCase = true
    } else if skip("(?:") {
    } else if skip("(?") {
      throw refusal("the group \"(?\(next.flatMap(Unicode.Scalar.init).map(String.init) ?? "")\"")
    } else {
      at += 1
    }
    return try nested(body)
  }

  private mutating func quantified(_ part: PatternNode) throws(TokenizerError) -> PatternNode {
    guard let (minimum, maximum) = try quantifier() else { return part }
    let isPossessive = skip("+")
    if skip("?") { throw refusal("a lazy quantifier") }
    if let mark = next, mark == 0x2A { throw refusal("a quantifier of a quantifier") }
    var isSingle = false
    if case .one = part { isSingle = true }
    guard isSingle || !isPossessive else { throw refusal("a possessive group") }
    guard part.shortest > 0 else { throw refusal("a repeated part that may be empty") }
    return .repeated(part, minimum: minimum, maximum: maximum, isPossessive: isPossessive)
  }

  private mutating func quantifier() throws(TokenizerError) -> (Int, Int?)? {
    if skip("?") { return (0, 1) }
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    guard skip("{") else { return nil }
    let minimum = number()
    let maximum = skip(",") ? number() : minimum
    let isOpen = scalars[at - 1] == 0x2C
    guard skip("}"), let minimum, isOpen || maximum != nil, (maximum ?? minimum) >= minimum,
      max(minimum, maximum ?? 0) <= PatternParser.highestCount, maximum != 0
    else { throw refusal("a count that is not {n}, {n,} or {n,m} with numbers up to \(PatternParser.highestCount)") }
    return (minimum, maximum)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = next, (0x30...0x39).contains(scalar), (value ?? 0) < 1_000_000 {
      value = (value ?? 0) * 10 + Int(scalar - 0x30)
      at += 1
    }
    return value
  }

  /// A range and, where case is ignored, the same letters in the other case. The long s and the Kelvin sign fold to
  /// ASCII letters.
  func cases(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
    guard ignoresCase else { return [range] }
    var result = [range]
    for lower in UInt32(0x61)...0x7A where range.contains(lower) || range.contains(lower - 0x20) {
      result += [lower...lower, lower - 0x20...lower - 0x20]
      if lower == 0x73 { result.append(0x17F...0x17F) }
      if lower == 0x6B { result.append(0x212A...0x212A) }
    }
    return result
  }
}
