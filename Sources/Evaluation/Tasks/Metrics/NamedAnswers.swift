/// Accuracy of answers that name a number or a class.
enum NamedAnswers {
  /// The share of the answer's numbers equal to the reference's first number.
  static func numberAccuracy(_ answer: String, _ reference: String) -> Double {
    guard let wanted = numbers(reference).first else { return 0 }
    let given = numbers(answer)
    return given.isEmpty ? 0 : Double(given.count { $0 == wanted }) / Double(given.count)
  }

  /// 1/n when the reference is among the n classes in the answer, else 0. Classes whose name is part of the reference's
  /// do not count.
  static func classAccuracy(_ answer: String, _ reference: String, classes: [String]) -> Double {
    let named = classes.filter { answer.contains($0) && ($0 == reference || !reference.contains($0)) }
    return named.contains(reference) ? 1 / Double(named.count) : 0
  }

  private static func numbers(_ text: String) -> [Substring] {
    text.split { !($0.isASCII && $0.isNumber) }
  }
}
