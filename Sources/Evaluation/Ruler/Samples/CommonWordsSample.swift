/// Common words extraction: a numbered list in which ten words occur more often than the others; the question asks for
/// the ten.
///
/// One example of the same task, solved, stands before it.
struct CommonWordsSample: RulerSample {
  /// How often words occur in the example and in the list.
  struct Repeats: Hashable, Sendable {
    let exampleWords: Int
    let exampleCommon: Int
    let exampleOther: Int
    let common: Int
    let other: Int

    /// From 4,096 tokens on.
    static let long = Repeats(exampleWords: 40, exampleCommon: 10, exampleOther: 3, common: 30, other: 3)
    /// For shorter texts.
    static let short = Repeats(exampleWords: 20, exampleCommon: 3, exampleOther: 1, common: 6, other: 1)
  }

  private static let commonCount = 10
  private static let opening =
    "Here is a numbered list of words. Some of them occur more often than the others: remember those.\n"
  private static let question = "\nQuestion: Which \(commonCount) words occur most often in the list above?"
  private static let prefix = "Answer: The \(commonCount) words that occur most often in the list above are:"

  let references: [String]
  let sizes: ClosedRange<Int>
  private let repeats: Repeats
  private let syllables: Int
  private let example: String
  private let draws: SeededRandom

  /// - Parameter syllables: of a word: 2 give 8,100 words, 3 give 729,000.
  init(_ repeats: Repeats, syllables: Int, draws start: SeededRandom) {
    var draws = start
    var shownWords: Set<String> = []
    let shown = RulerWords.distinct(repeats.exampleWords, used: &shownWords, &draws) {
      RulerWords.word(syllables: syllables, &$0)
    }
    let list = Self.list(shown, common: repeats.exampleCommon, other: repeats.exampleOther, &draws)
    example =
      Self.opening + list + Self.question + " " + Self.prefix + " " + Self.numbered(shown.prefix(Self.commonCount))
      + "\n"
    // The list's words follow in one sequence of draws, so that the common ones are the same at any size.
    var (used, rest) = (Set<String>(), draws)
    references = RulerWords.distinct(Self.commonCount, used: &used, &rest) {
      RulerWords.word(syllables: syllables, &$0)
    }
    sizes = 2 * Self.commonCount...(RulerWords.count(syllables: syllables) - 1)
    (self.repeats, self.syllables, self.draws) = (repeats, syllables, draws)
  }

  func layout(size: Int) -> RulerLayout {
    var draws = draws
    var used: Set<String> = []
    let words = RulerWords.distinct(size, used: &used, &draws) { RulerWords.word(syllables: syllables, &$0) }
    return RulerLayout(
      opening: example + Self.opening, filling: RetrievalWording.filler + "\n", seam: .line,
      context: Self.list(words, common: repeats.common, other: repeats.other, &draws), question: Self.question,
      answerPrefix: Self.prefix)
  }

  /// A numbered list of words in random order, the first ten `common` times each, the others `other` times.
  private static func list(_ words: [String], common: Int, other: Int, _ draws: inout SeededRandom) -> String {
    var list = words.enumerated().flatMap { index, word in
      Array(repeating: word, count: index < commonCount ? common : other)
    }
    list.shuffle(by: &draws)
    return numbered(list[...])
  }

  private static func numbered(_ words: ArraySlice<String>) -> String {
    words.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: " ")
  }
}

extension Array {
  /// Fisher and Yates. Not `shuffle(using:)`, whose algorithm may change.
  mutating func shuffle(by draws: inout SeededRandom) {
    for last in indices.dropFirst().reversed() { swapAt(last, draws.number(below: last + 1)) }
  }
}
