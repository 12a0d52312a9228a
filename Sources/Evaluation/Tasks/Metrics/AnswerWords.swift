import Foundation

/// Answers as words, as extractive question answering compares them.
enum AnswerWords {
  /// Lower case, ASCII punctuation and English articles dropped, split at white space.
  static func normalized(_ text: String) -> [String] {
    let kept = String(String.UnicodeScalarView(text.lowercased().unicodeScalars.filter { !isPunctuation($0) }))
    // Drops articles between characters that are not letters or digits: "a–b" loses its a.
    let bare = kept.replacing(/\b(?:a|an|the)\b/.wordBoundaryKind(.simple), with: " ")
    return bare.split(whereSeparator: \.isWhitespace).map(String.init)
  }

  /// F1 of the two texts' words, each counted as often as it occurs; 0 when they share none.
  static func f1(_ answer: String, _ reference: String) -> Double {
    let (given, wanted) = (normalized(answer), normalized(reference))
    var remaining = wanted.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    var common = 0
    for word in given {
      guard let count = remaining[word], count > 0 else { continue }
      remaining[word] = count - 1
      common += 1
    }
    guard common > 0 else { return 0 }
    let (precision, recall) = (Double(common) / Double(given.count), Double(common) / Double(wanted.count))
    return 2 * precision * recall / (precision + recall)
  }

  /// The 32 marks of ASCII.
  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}
