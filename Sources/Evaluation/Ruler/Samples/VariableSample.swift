/// Variable tracking: a chain of assignments in noise, each of the variable before; the question asks for all variables
/// with the value that the first has.
///
/// One example of the same task, solved, stands before it.
struct VariableSample: RulerSample {
  /// Assignments after the first.
  private static let hopCount = 4
  private static let line = RetrievalWording.filler

  let references: [String]
  let sizes = (hopCount + 1)...(1 << 24)
  private let value: String
  private let example: String
  private let draws: SeededRandom

  /// - Parameter exampleSize: lines of noise in the example, at least 5.
  init(exampleSize: Int, draws start: SeededRandom) {
    var draws = start
    let shown = Self.names(letters: 3, &draws)
    let shownValue = RulerWords.number(digits: 5, &draws)
    references = Self.names(letters: 5, &draws)
    value = RulerWords.number(digits: 5, &draws)
    example =
      Self.opening + Self.context(size: exampleSize, shown, shownValue, &draws) + Self.question(shownValue) + " "
      + Self.prefix(shownValue) + " " + shown.joined(separator: " ") + "\n\n"
    self.draws = draws
  }

  private static let opening =
    "The lines below give values to variables, some of them through another variable. Keep track of every variable's "
    + "value.\n\n"

  private static func question(_ value: String) -> String {
    "\nQuestion: Which variables of the text above have the value \(value)? Name all of them."
  }

  private static func prefix(_ value: String) -> String {
    "Answer: Through the assignments of the text above, \(hopCount + 1) variables have the value \(value). They are:"
  }

  private static func names(letters: Int, _ draws: inout SeededRandom) -> [String] {
    var used: Set<String> = []
    return RulerWords.distinct(hopCount + 1, used: &used, &draws) {
      RulerWords.letters(letters, from: "A", &$0)
    }
  }

  func layout(size: Int) -> RulerLayout {
    var draws = draws
    return RulerLayout(
      opening: example + Self.opening, filling: Self.line + "\n", seam: .line,
      context: Self.context(size: size, references, value, &draws), question: Self.question(value),
      answerPrefix: Self.prefix(value))
  }

  /// Lines of noise, with the assignments in order before some of them.
  private static func context(
    size: Int, _ names: [String], _ value: String, _ draws: inout SeededRandom
  ) -> String {
    let places = draws.places(names.count, below: size)
    var lines: [String] = []
    var next = 0
    for index in 0..<size {
      if next < names.count, places[next] == index {
        lines.append("VAR \(names[next]) = \(next == 0 ? value : "VAR \(names[next - 1])")")
        next += 1
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }
}
