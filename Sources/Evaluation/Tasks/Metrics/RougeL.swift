/// ROUGE-L in two common forms, both F measures of longest common subsequences of words.
enum RougeL {
  /// Words are runs of lowercase ASCII letters and digits; one subsequence over the whole texts. PyPI's `rouge-score`
  /// calls this rougeL, without stemming.
  static func plain(_ answer: String, _ reference: String) -> Double {
    let (given, wanted) = (alphanumericWords(answer), alphanumericWords(reference))
    guard !given.isEmpty, !wanted.isEmpty else { return 0 }
    let common = Double(LongestCommonSubsequence.length(wanted, given))
    guard common > 0 else { return 0 }
    let (precision, recall) = (common / Double(given.count), common / Double(wanted.count))
    return 2 * precision * recall / (precision + recall)
  }

  /// Spaces separate words and periods sentences; compares the distinct words of all sentences' common subsequences
  /// with the texts' distinct words. LongBench reports this (PyPI's `rouge`).
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

  /// A sentence of spaces alone has one empty word, as in the reference package.
  private static func sentences(_ text: String) -> [[Substring]] {
    text.split(separator: ".").map { sentence in
      let words = sentence.split(whereSeparator: \.isWhitespace)
      return words.isEmpty ? [""] : words
    }
  }
}
