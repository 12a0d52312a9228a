import Evaluation

/// The texts of a load test: short common words in random order, which most vocabularies have as one token each.
struct LoadPrompt: Sendable {
  let seed: UInt64
  var measure = TokenMeasure()

  /// The prompt of a request: its group's beginning, then words of its own.
  func text(of request: PlannedRequest) -> String {
    var words: [String] = []
    if let group = request.prefixGroup {
      var random = SeededRandom(seed: seed, LoadSchedule.Use.prefix, group)
      words += Self.words(measure.wordCount(request.prefixTokenCount, isAlone: false), &random)
    }
    var random = SeededRandom(seed: seed, LoadSchedule.Use.prompt, request.number)
    words += Self.words(measure.wordCount(request.promptTokenCount, isAlone: true), &random)
    return words.joined(separator: " ")
  }

  /// A text of so many words that no request of the test has.
  func probe(wordCount: Int) -> String {
    var random = SeededRandom(seed: seed, 0, wordCount)
    return Self.words(wordCount, &random).joined(separator: " ")
  }

  private static func words(_ count: Int, _ random: inout SeededRandom) -> [String] {
    (0..<count).map { _ in String(vocabulary[random.number(below: vocabulary.count)]) }
  }

  private static let vocabulary = """
    the and you that was for are with his they one have this from had hot but some what there we can out other were all
    your when up use word how said each she which do their time if will way about many then them would write like so
    these her long make thing see him two has look more day could go come did my sound no most number who over know
    water than call first people may down side been now find any new work part take get place made live where after
    back little only round man year came show every good me give our under name very through just form much great
    """.split { $0 == " " || $0 == "\n" }
}

/// How many tokens a server counts for a text of so many words.
struct TokenMeasure: Hashable, Sendable {
  /// Tokens of a prompt without words: the template's.
  private(set) var base = 0.0
  private(set) var tokensPerWord = 1.0
  /// Whether that was measured.
  private(set) var isMeasured = false

  init() {}

  /// Out of two texts' words and tokens. Nil where they do not tell: the longer one has not more tokens.
  init?(_ short: (words: Int, tokens: Int), _ long: (words: Int, tokens: Int)) {
    guard long.words > short.words, long.tokens > short.tokens else { return nil }
    tokensPerWord = Double(long.tokens - short.tokens) / Double(long.words - short.words)
    base = max(0, Double(short.tokens) - tokensPerWord * Double(short.words))
    isMeasured = true
  }

  /// Words that make so many tokens, at least one.
  /// - Parameter isAlone: whether the template's tokens count among them.
  func wordCount(_ tokenCount: Int, isAlone: Bool) -> Int {
    max(1, Int(((Double(tokenCount) - (isAlone ? base : 0)) / tokensPerWord).rounded()))
  }
}
