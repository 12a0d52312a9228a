/// One kind of hidden-number question: how many numbers are hidden, of how many digits, in which words.
package struct RetrievalTask: Hashable, Sendable {
  /// 1 is the paper's pass key; with more, each has a label and one of them is asked for.
  package let keyCount: Int
  package let digitCount: Int
  package let wording: RetrievalWording

  package static let largestKeyCount = RetrievalWording.locks.count
  package static let largestDigitCount = 32

  /// - Throws: `RetrievalRefusal` for counts out of range and for wordings that leave something out.
  package init(keyCount: Int, digitCount: Int, wording: RetrievalWording) throws(RetrievalRefusal) {
    guard (1...Self.largestKeyCount).contains(keyCount) else {
      throw RetrievalRefusal("the number of keys must be between 1 and \(Self.largestKeyCount)")
    }
    guard (1...Self.largestDigitCount).contains(digitCount) else {
      throw RetrievalRefusal("a key must have between 1 and \(Self.largestDigitCount) digits")
    }
    guard keyCount == 1 || digitCount > 1 else {
      throw RetrievalRefusal("several keys need at least 2 digits each to differ")
    }
    try wording.check(needsLabels: keyCount > 1)
    (self.keyCount, self.digitCount, self.wording) = (keyCount, digitCount, wording)
  }

  /// Tokens an answer may have: a digit each at most, and room for a blank, a full stop and one more. A number that is
  /// longer than the key's is seen to be wrong.
  package var answerTokenCount: Int { digitCount + 3 }

  package var name: String {
    keyCount == 1 ? "pass key of \(digitCount) digits" : "one of \(keyCount) keys of \(digitCount) digits"
  }

  /// Whether an answer's first number is the key.
  package static func isFound(_ key: String, in answer: String) -> Bool {
    let digits = answer.utf8.drop { !(48...57).contains($0) }.prefix { (48...57).contains($0) }
    return Array(digits) == Array(key.utf8)
  }
}

/// A question that cannot be asked as wished; the text says why and what may be.
package struct RetrievalRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
