/// Words, numbers and codes that mean nothing, drawn from a seed.
///
/// RULER takes words from lists; these are made up, so that no list is needed and none is known to a model.
enum RulerWords {
  private static let consonants = Array("bdfghjklmnprstvwyz")
  private static let vowels = Array("aeiou")
  private static let hexadecimals = Array("0123456789abcdef")

  /// How many words of a number of syllables there are.
  static func count(syllables: Int) -> Int {
    (0..<syllables).reduce(1) { product, _ in product * consonants.count * vowels.count }
  }

  /// A word that can be pronounced: syllables of a consonant and a vowel, so that words of equally many syllables never
  /// contain each other.
  static func word(syllables: Int, _ draws: inout SeededRandom) -> String {
    String(
      (0..<syllables).flatMap { _ in
        [consonants[draws.number(below: consonants.count)], vowels[draws.number(below: vowels.count)]]
      })
  }

  /// Two words with a hyphen, in place of an adjective and a noun.
  static func pair(_ draws: inout SeededRandom) -> String {
    "\(word(syllables: 2, &draws))-\(word(syllables: 2, &draws))"
  }

  static func letters(_ count: Int, from first: Unicode.Scalar, _ draws: inout SeededRandom) -> String {
    var text = ""
    for _ in 0..<count {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(first.value) + UInt8(draws.number(below: 26))))
    }
    return text
  }

  /// A number of this many digits, without leading zeros.
  static func number(digits: Int, _ draws: inout SeededRandom) -> String {
    (0..<digits).map { String($0 == 0 ? 1 + draws.number(below: 9) : draws.number(below: 10)) }.joined()
  }

  /// A random UUID (version 4).
  static func uuid(_ draws: inout SeededRandom) -> String {
    var digits = (0..<32).map { _ in hexadecimals[draws.number(below: 16)] }
    digits[12] = "4"
    digits[16] = hexadecimals[8 + draws.number(below: 4)]
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }

  /// Distinct draws, in order.
  /// - Parameter used: what must not be drawn; receives the draws.
  static func distinct(
    _ count: Int, used: inout Set<String>, _ draws: inout SeededRandom, _ draw: (inout SeededRandom) -> String
  ) -> [String] {
    var drawn: [String] = []
    while drawn.count < count {
      let value = draw(&draws)
      if used.insert(value).inserted { drawn.append(value) }
    }
    return drawn
  }
}
