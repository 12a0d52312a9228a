import Foundation

/// Parses exam answers from free text and scores them, as L-Eval does.
enum ExamAnswers {
  private static let letters: Set<Character> = ["A", "B", "C", "D"]

  /// One correct letter: the first of A to D in the answer counts, or A as a guess when there is none.
  static func singleChoice(_ answer: String, _ reference: String) -> Double {
    guard !answer.isEmpty else { return 0 }
    let given = answer.first { letters.contains($0) } ?? "A"
    return mark(Set([given]), against: solution(reference))
  }

  /// Several correct letters: 1 for all of them, a quarter for some without a wrong one.
  static func manyChoices(_ answer: String, _ reference: String) -> Double {
    guard !answer.isEmpty else { return 0 }
    let leading = answer.prefix { letters.contains($0) }
    var given = Set(leading)
    if leading.count <= 1 {
      // Otherwise letters before a space, period or bracket count, up to the next invented question.
      let own = answer.range(of: "Question").map { answer[..<$0.lowerBound] } ?? answer[...]
      let text = own.dropFirst(leading.count)
      for (letter, next) in zip(text, text.dropFirst()) where letters.contains(letter) {
        if next.isWhitespace || next == "." || next == ")" { given.insert(letter) }
      }
    }
    return mark(given.isEmpty ? ["A"] : given, against: solution(reference))
  }

  /// The number after "The answer is", or else the last word with a digit in the first paragraph.
  static func number(_ answer: String, _ reference: String) -> Double {
    guard let given = Double(digits(answer)), let wanted = Double(digits(reference)) else { return 0 }
    return given == wanted ? 1 : 0
  }

  /// The output of a program: the end of the answer (or the text after "the final output") must contain it, ignoring
  /// spaces.
  static func printedOutput(_ answer: String, _ reference: String) -> Double {
    let wanted = plainOutput(reference)
    var given = plainOutput(answer)
    for filler in ["will be", "of the code", "is", "would be", "the value of", "the result of", "printed"] {
      given = given.replacingOccurrences(of: filler, with: "")
    }
    let length = reference.split(whereSeparator: \.isWhitespace).count + 3
    let words: ArraySlice<Substring>
    if let range = given.range(of: "the final output", options: .backwards) {
      words = given[range.upperBound...].split(whereSeparator: \.isWhitespace).prefix(length)
    } else {
      words = given.split(whereSeparator: \.isWhitespace).suffix(length)
    }
    let text = words.joined(separator: " ")
    if let number = Double(text), let other = Double(wanted) { return number == other ? 1 : 0 }
    func squeezed(_ text: String) -> String { text.lowercased().replacing(" ", with: "") }
    return squeezed(text).contains(squeezed(wanted)) ? 1 : 0
  }

  /// True or false: the first word that contains either counts.
  static func judgment(_ answer: String, _ reference: String) -> Double {
    let word = answer.lowercased().split(whereSeparator: \.isWhitespace).first {
      $0.contains("true") || $0.contains("false")
    }
    guard let word else { return 0 }
    let given = word.contains("true") ? "true" : "false"
    return given == reference.lowercased().trimmingCharacters(in: .whitespaces) ? 1 : 0
  }

  private static func solution(_ reference: String) -> Set<Character> {
    let word = reference.split(whereSeparator: \.isWhitespace).first ?? ""
    let found = Set(word.filter { letters.contains($0) })
    return found.isEmpty ? ["A"] : found
  }

  private static func mark(_ given: Set<Character>, against wanted: Set<Character>) -> Double {
    given == wanted ? 1 : given.isSubset(of: wanted) ? 0.25 : 0
  }

  private static func digits(_ text: String) -> String {
    let word: Substring?
    if let match = text.firstMatch(of: /The answer is (\S+)/) {
      word = match.1
    } else {
      let paragraph = text.range(of: "\n\n").map { text[..<$0.lowerBound] } ?? text[...]
      word = paragraph.split(separator: " ").last { $0.contains(where: \.isNumber) }
    }
    return String((word ?? "").prefix { $0 != "." }.filter { $0.isASCII && $0.isNumber })
  }

  private static func plainOutput(_ text: String) -> String {
    var plain = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for (mark, replacement) in [
      (",", ""), ("'", ""), ("\\", ""), (".0", ""), ("] [", "]["), ("[ [", "[["), ("] ]", "]]"),
    ] {
      plain = plain.replacingOccurrences(of: mark, with: replacement)
    }
    return plain
  }
}
