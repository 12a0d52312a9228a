import Foundation

/// Frequent words extraction: coded words whose counts follow a zeta distribution, of which the most frequent is noise;
/// the question asks for the next three.
struct FrequentWordsSample: RulerSample {
  private static let noise = "..."
  private static let exponent = 2.0
  /// ζ(2), which makes the shares sum to 1.
  private static let zeta = Double.pi * Double.pi / 6
  private static let answerCount = 3
  private static let letterCount = 6

  let references: [String]
  /// From 74 words on, no count of the first four equals that of the next: n/ζ(2)·(1/16 − 1/25) is above 1.
  let sizes = 74...(1 << 24)
  private let vocabulary: [String]
  private let draws: SeededRandom

  /// - Parameter room: tokens of the prompt; the vocabulary has a word for every 50 of them.
  init(room: Int, draws start: SeededRandom) {
    var draws = start
    var used: Set<String> = []
    vocabulary =
      [Self.noise]
      + RulerWords.distinct(max(Self.answerCount + 1, room / 50 - 1), used: &used, &draws) {
        RulerWords.letters(Self.letterCount, from: "a", &$0)
      }
    references = Array(vocabulary[1...Self.answerCount])
    self.draws = draws
  }

  func layout(size: Int) -> RulerLayout {
    var draws = draws
    var words = vocabulary.enumerated().flatMap { index, word in
      Array(repeating: word, count: Self.count(rank: index + 1, of: size))
    }
    words.shuffle(by: &draws)
    return RulerLayout(
      opening: "Read the coded text below and count how often each coded word occurs. Find the three that occur most "
        + "often:",
      filling: Self.noise, seam: .blank, context: words.joined(separator: " "),
      question: "\nQuestion: Which three coded words occur most often in the text above? Explain nothing, and ignore "
        + "the dots '...'.",
      answerPrefix: "Answer: In the coded text above, the three words that occur most often are:")
  }

  private static func count(rank: Int, of size: Int) -> Int {
    Int(Double(size) * pow(Double(rank), -exponent) / zeta)
  }
}
