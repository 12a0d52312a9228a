import Core

/// A regular expression, compiled. The leftmost match counts, and of several there the one that the pattern's order
/// prefers, as in backtracking engines; but `PatternMatcher` never tries twice what has failed.
struct Pattern: Sendable {
  static let longestProgram = 1 << 14

  enum Instruction: Sendable {
    /// One scalar of a set.
    case one(ScalarTest)
    /// As many scalars of a set as there are, between the limits.
    case run(ScalarTest, minimum: Int, maximum: Int, isPossessive: Bool, slot: Int)
    /// Goes on after this one, and at `other` when that fails, as it does before an ASCII scalar not among
    /// `beginnings`.
    case split(other: Int, slot: Int, beginnings: ASCIISet)
    case jump(Int)
    /// What follows, up to `end`, must match here, or must not.
    case lookahead(end: Int, isNegated: Bool)
    case lineEnd
    case wordBoundary
    case accept
  }

  /// A set, by its index, and what it has of ASCII.
  struct ScalarTest: Sendable {
    let ascii: ASCIISet
    let index: Int
  }

  /// As written.
  let source: String
  private(set) var instructions: [Instruction] = []
  private(set) var sets: [ScalarSet] = []
  /// Splits, and runs, each counted from 0.
  private(set) var splitCount = 0
  private(set) var runCount = 0

  /// - Throws: `TokenizerError` that names what is not supported.
  init(_ source: String) throws(TokenizerError) {
    self.source = source
    try emit(try PatternParser.parse(source))
    instructions.append(.accept)
  }

  /// - Throws: `TokenizerError` that names what is not supported.
  init(_ pattern: TextPattern) throws(TokenizerError) {
    switch pattern {
    case .literal(let text): self.init(literal: text)
    case .expression(let source): try self.init(source)
    }
  }

  /// A pattern that matches a text as it stands.
  init(literal: String) {
    source = literal
    for scalar in literal.unicodeScalars { append(one: ScalarSet(ranges: [scalar.value...scalar.value])) }
    instructions.append(.accept)
  }

  private mutating func append(one set: ScalarSet) {
    instructions.append(.one(test(of: set)))
  }

  private mutating func test(of set: ScalarSet) -> ScalarTest {
    if let found = sets.firstIndex(of: set) { return ScalarTest(ascii: set.ascii, index: found) }
    sets.append(set)
    return ScalarTest(ascii: set.ascii, index: sets.count - 1)
  }

  private mutating func emit(_ node: PatternNode) throws(TokenizerError) {
    guard instructions.count < Pattern.longestProgram else {
      throw TokenizerError("the pattern \"\(source.prefix(80))\" of the tokenizer is too large to be compiled")
    }
    switch node {
    case .one(let set): append(one: set)
    case .sequence(let parts): for part in parts { try emit(part) }
    case .alternatives(let parts): try emit(alternatives: parts)
    case .repeated(.one(let set), let minimum, let maximum, let isPossessive):
      instructions.append(
        .run(
          test(of: set), minimum: minimum, maximum: maximum ?? .max, isPossessive: isPossessive, slot: runCount))
      runCount += 1
    case .repeated(let part, let minimum, let maximum, _):
      try emit(part, minimum: minimum, maximum: maximum)
    case .lookahead(let part, let isNegated):
      let at = instructions.count
      instructions.append(.accept)
      try emit(part)
      instructions.append(.accept)
      instructions[at] = .lookahead(end: instructions.count, isNegated: isNegated)
    case .lineEnd: instructions.append(.lineEnd)
    case .wordBoundary: instructions.append(.wordBoundary)
    }
  }

  private mutating func emit(alternatives parts: [PatternNode]) throws(TokenizerError) {
    var jumps: [Int] = []
    for part in parts.dropLast() {
      let split = appendSplit(before: part)
      try emit(part)
      jumps.append(instructions.count)
      instructions.append(.accept)
      direct(split, to: instructions.count)
    }
    if let last = parts.last { try emit(last) }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func emit(_ part: PatternNode, minimum: Int, maximum: Int?) throws(TokenizerError) {
    for _ in 0..<minimum { try emit(part) }
    guard let maximum else {
      let split = appendSplit(before: part)
      try emit(part)
      instructions.append(.jump(split))
      return direct(split, to: instructions.count)
    }
    var splits: [Int] = []
    for _ in minimum..<maximum {
      splits.append(appendSplit(before: part))
      try emit(part)
    }
    for split in splits { direct(split, to: instructions.count) }
  }

  /// The index of a split that `direct` completes.
  private mutating func appendSplit(before part: PatternNode) -> Int {
    instructions.append(.split(other: 0, slot: splitCount, beginnings: part.beginnings))
    splitCount += 1
    return instructions.count - 1
  }

  private mutating func direct(_ split: Int, to other: Int) {
    guard case .split(_, let slot, let beginnings) = instructions[split] else { return }
    instructions[split] = .split(other: other, slot: slot, beginnings: beginnings)
  }
}

extension Pattern: Hashable {
  static func == (left: Pattern, right: Pattern) -> Bool { left.source == right.source }

  func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
