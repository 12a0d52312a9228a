/// ROUGE-L, in the two forms that are in use. Both are F measures of longest common subsequences of words.
enum RougeL {
  /// Words are runs of ASCII letters and digits, lower case; one subsequence over the whole texts. What PyPI's
  /// `rouge-score` calls rougeL, without stemming.
  static func plain(_ answer: String, _ reference: String) -> Double {
    let (given, wanted) = (alphanumericWords(answer), alphanumericWords(reference))
    guard !given.isEmpty, !wanted.isEmpty else { return 0 }
    let common = Double(LongestCommonSubsequence.length(wanted, given))
    guard common > 0 else { return 0 }
    let (precision, recall) = (common / Double(given.count), common / Double(wanted.count))
    return 2 * precision * recall / (precision + recall)
  }

  /// Words are what blanks separate, sentences what full stops do; the distinct words of all sentences' common
  /// subsequences are counted against the texts' distinct words. What LongBench reports (PyPI's `rouge`).
  static func summary(_ answer: String, _ reference: String) -> Double {
    let (given, wanted) = (sentences(answer), sentences(reference))
    let (givenWords, wantedWords) = (Set(given.joined()), Set(wanted.joined()))
    guard !answer.allSatisfy({ $0 == "." }), !reference.allSatisfy({ $0 == "." }) else { return 0 }
    var common: Set<Substring> = []
    for sentence in wanted {
      for other in given { common.formUnion(LongestCommonSubsequence.elements(sentence, other)) }
    }
    let precision = Double(common.count) / Double(givenWords.count)
    let recall = Double(common.count) / Double(wantedWords.count)
    return 2 * precision * recall / (precision + recall + 1e-8)
  }

  private static func alphanumericWords(_ text: String) -> [Substring] {
    text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
  }

  /// A piece of blanks alone is a sentence of one empty word, as it is for the package this agrees with.
  private static func sentences(_ text: String) -> [[Substring]] {
    text.split(separator: ".").map { sentence in
      let words = sentence.split(whereSeparator: \.isWhitespace)
      return words.isEmpty ? [""] : words
    }
  }
}
