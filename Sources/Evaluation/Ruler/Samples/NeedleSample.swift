/// Needles in a haystack: sentences that give a value to a key, hidden in a text; the question asks for the values of
/// one key or of several.
struct NeedleSample: RulerSample {
  /// Where needles are hidden.
  enum Haystack: Hashable, Sendable {
    /// One line of five sentences, repeated.
    case noise
    /// A text's sentences from its start, repeated where the text is short.
    case essay
    /// Further needles, of other keys.
    case needles
  }

  /// The counts and kinds of a task.
  struct Shape: Hashable, Sendable {
    var haystack = Haystack.essay
    var hasCodeKeys = false
    var hasCodeValues = false
    var keyCount = 1
    var valueCount = 1
    var queryCount = 1
  }

  /// Needles in an essay stand at some of these many depths, evenly spread.
  private static let depthCount = 40

  let references: [String]
  let sizes: ClosedRange<Int>
  private let shape: Shape
  private let essay: [String]
  private let needles: [String]
  private let queries: [String]
  /// Keys and values of the needles, which no other needle may have.
  private let used: Set<String>
  private let draws: SeededRandom

  /// - Parameter essay: sentences; not empty.
  init(_ shape: Shape, essay: [String], draws start: SeededRandom) {
    var draws = start
    var used: Set<String> = []
    let keys = RulerWords.distinct(shape.keyCount, used: &used, &draws) { Self.key(shape, &$0) }
    let values = keys.map { _ in
      RulerWords.distinct(shape.valueCount, used: &used, &draws) { Self.value(shape, &$0) }
    }
    let all = zip(keys, values).flatMap { key, values in values.map { Self.needle(shape, key: key, value: $0) } }
    needles = draws.sample(all, count: all.count)
    let asked = draws.sample(Array(keys.indices), count: shape.queryCount)
    queries = asked.map { keys[$0] }
    references = asked.flatMap { values[$0] }
    sizes = (shape.haystack == .essay ? 1 : needles.count)...(1 << 24)
    (self.shape, self.essay, self.used, self.draws) = (shape, essay, used, draws)
  }

  private static func key(_ shape: Shape, _ draws: inout SeededRandom) -> String {
    shape.hasCodeKeys ? RulerWords.uuid(&draws) : RulerWords.pair(&draws)
  }

  private static func value(_ shape: Shape, _ draws: inout SeededRandom) -> String {
    shape.hasCodeValues ? RulerWords.uuid(&draws) : RulerWords.number(digits: 7, &draws)
  }

  private static func needle(_ shape: Shape, key: String, value: String) -> String {
    "A secret \(shape.hasCodeValues ? "code" : "number") for \(key) is \(value)."
  }

  func layout(size: Int) -> RulerLayout {
    var draws = draws
    let (context, filling) = context(size: size, &draws)
    let noun = shape.hasCodeValues ? "code" : "number"
    let keys =
      queries.count < 2
      ? queries.joined() : queries.dropLast().joined(separator: ", ") + ", and " + (queries.last ?? "")
    let isOne = references.count == 1
    let opening =
      isOne
      ? "A secret \(noun) is hidden somewhere in the text below. Remember it: I will ask you for it at the end.\n"
      : "Some secret \(noun)s are hidden somewhere in the text below. Remember them: I will ask you for them at the "
        + "end.\n"
    return RulerLayout(
      opening: opening, filling: filling, seam: shape.haystack == .essay ? .blank : .line, context: context,
      question:
        "\nWhat \(isOne ? "is the secret \(noun)" : "are all the secret \(noun)s") for \(keys) in the text above?",
      answerPrefix: "The secret \(noun)\(isOne ? "" : "s") for \(keys) in the text above \(isOne ? "is" : "are")")
  }

  private func context(size: Int, _ draws: inout SeededRandom) -> (context: String, filling: String) {
    switch shape.haystack {
    case .noise:
      let line = RetrievalWording.filler
      return (hidden(in: Array(repeating: line, count: size), &draws), line + "\n")
    case .needles:
      var used = used
      let keys = RulerWords.distinct(size + 1, used: &used, &draws) { Self.key(shape, &$0) }
      let values = RulerWords.distinct(size + 1, used: &used, &draws) { Self.value(shape, &$0) }
      let others = zip(keys, values).map { Self.needle(shape, key: $0, value: $1) }
      return (hidden(in: Array(others.dropLast()), &draws), others.suffix(1).joined() + "\n")
    case .essay:
      let sentences = (0..<size).map { essay[$0 % essay.count] }
      let depths = draws.sample(Array(0..<Self.depthCount), count: needles.count).sorted()
      let places = depths.map { size * Self.percent(ofDepth: $0) / 100 }
      var parts: [String] = []
      var at = 0
      for (place, needle) in zip(places, needles) {
        parts += sentences[at..<place]
        parts.append(needle)
        at = place
      }
      parts += sentences[at...]
      return (parts.joined(separator: " "), essay[size % essay.count])
    }
  }

  /// The depth with this index in whole percent, to the nearest.
  private static func percent(ofDepth index: Int) -> Int {
    (200 * index + depthCount - 1) / (2 * (depthCount - 1))
  }

  /// Lines with the needles before some of them.
  private func hidden(in lines: [String], _ draws: inout SeededRandom) -> String {
    let places = draws.places(needles.count, below: lines.count)
    var rest = zip(places, needles).makeIterator()
    var next = rest.next()
    var parts: [String] = []
    for (index, line) in lines.enumerated() {
      if let (place, needle) = next, place == index {
        parts.append(needle)
        next = rest.next()
      }
      parts.append(line)
    }
    return parts.joined(separator: "\n")
  }
}

extension SeededRandom {
  /// Distinct numbers below `bound`, ascending; all where there are no more than `count`.
  mutating func places(_ count: Int, below bound: Int) -> [Int] {
    guard count < bound else { return Array(0..<bound) }
    var places: Set<Int> = []
    while places.count < count { places.insert(number(below: bound)) }
    return places.sorted()
  }
}
