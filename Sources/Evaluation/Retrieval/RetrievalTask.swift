/// A retrieval task: the number of hidden numbers, their digits, and the wording.
package struct RetrievalTask: Hashable, Sendable {
  /// 1 is the paper's passkey task; with more, each key has a label and the question asks for one.
  package let keyCount: Int
  package let digitCount: Int
  package let wording: RetrievalWording

  package static let largestKeyCount = RetrievalWording.locks.count
  package static let largestDigitCount = 32

  /// - Throws: `RetrievalRefusal` for counts out of range and incomplete wordings.
  package init(keyCount: Int, digitCount: Int, wording: RetrievalWording) throws(RetrievalRefusal) {
    guard (1...Self.largestKeyCount).contains(keyCount) else {
      throw RetrievalRefusal("the number of keys must be between 1 and \(Self.largestKeyCount)")
    }
    guard (1...Self.largestDigitCount).contains(digitCount) else {
      throw RetrievalRefusal("a key must have between 1 and \(Self.largestDigitCount) digits")
    }
    guard keyCount == 1 || digitCount > 1 else {
      throw RetrievalRefusal("several keys need at least 2 digits each")
    }
    try wording.check(needsLabels: keyCount > 1)
    (self.keyCount, self.digitCount, self.wording) = (keyCount, digitCount, wording)
  }

  /// Maximum tokens of an answer: one per digit, plus a space, a period and one more, so that a number longer than the
  /// key shows.
  package var answerTokenCount: Int { digitCount + 3 }

  package var name: String {
    keyCount == 1 ? "passkey of \(digitCount) digits" : "one of \(keyCount) keys of \(digitCount) digits"
  }

  /// Whether the first number of an answer is the key.
  package static func isFound(_ key: String, in answer: String) -> Bool {
    let digits = answer.utf8.drop { !(48...57).contains($0) }.prefix { (48...57).contains($0) }
    return Array(digits) == Array(key.utf8)
  }
}

/// Why a question cannot be made, with a remedy.
package struct RetrievalRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
