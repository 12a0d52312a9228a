/// How alike two lines of code are.
enum EditSimilarity {
  /// 1 − (insertions and deletions) / (both lengths), in whole percents: what fuzzywuzzy's ratio says.
  static func ratio(_ left: String, _ right: String) -> Double {
    let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
    guard !a.isEmpty, !b.isEmpty else { return 0 }
    let share = 2 * Double(LongestCommonSubsequence.length(a, b)) / Double(a.count + b.count)
    return (share * 100).rounded(.toNearestOrEven) / 100
  }

  /// Compares the answer's first line of code: the first that has no mark of a comment or of a code fence.
  static func ofFirstCodeLine(_ answer: String, _ reference: String) -> Double {
    let lines = answer.drop { $0 == "\n" }.split(separator: "\n", omittingEmptySubsequences: false)
    let code = lines.first { !$0.contains("`") && !$0.contains("#") && !$0.contains("//") }
    return ratio(String(code ?? ""), reference)
  }
}
