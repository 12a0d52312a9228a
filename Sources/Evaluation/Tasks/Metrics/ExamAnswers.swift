import Foundation

/// Reading exam answers out of free text, and marking them, as L-Eval does.
enum ExamAnswers {
  private static let letters: Set<Character> = ["A", "B", "C", "D"]

  /// One right letter: the answer's first of A to D counts, wherever it stands. A when there is none: a guess.
  static func singleChoice(_ answer: String, _ reference: String) -> Double {
    guard !answer.isEmpty else { return 0 }
    let given = answer.first { letters.contains($0) } ?? "A"
    return mark(Set([given]), against: solution(reference))
  }

  /// Several right letters: all is 1, some of them and none that is wrong a quarter.
  static func manyChoices(_ answer: String, _ reference: String) -> Double {
    guard !answer.isEmpty else { return 0 }
    let leading = answer.prefix { letters.contains($0) }
    var given = Set(leading)
    if leading.count <= 1 {
      // Else letters count that a blank, a full stop or a bracket follows, up to where another question is made up.
      let own = answer.range(of: "Question").map { answer[..<$0.lowerBound] } ?? answer[...]
      let text = own.dropFirst(leading.count)
      for (letter, next) in zip(text, text.dropFirst()) where letters.contains(letter) {
        if next.isWhitespace || next == "." || next == ")" { given.insert(letter) }
      }
    }
    return mark(given.isEmpty ? ["A"] : given, against: solution(reference))
  }

  /// A number behind "The answer is", or else the last word of the first paragraph that has a digit.
  static func number(_ answer: String, _ reference: String) -> Double {
    guard let given = Double(digits(answer)), let wanted = Double(digits(reference)) else { return 0 }
    return given == wanted ? 1 : 0
  }

  /// What a program prints: the answer's end (or what follows "the final output") has to hold it, whatever the spacing.
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

  /// True or false: the first word that holds either counts.
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
