import Core
package import Tokenization

/// Sentences around hidden numbers, as ids of continued text.
package struct FillerText: Sendable {
  let sentences: [[TokenID]]

  /// Maximum words of a sentence: a text without periods is cut, so that numbers fit anywhere.
  private static let longestSentence = 40

  /// - Throws: `RetrievalRefusal` when the text has no words.
  package init(_ text: String, tokenizer: Tokenizer) throws(RetrievalRefusal) {
    let continuing = ContinuingText(tokenizer)
    sentences = Self.sentences(of: text).map { continuing.tokens(of: $0) }.filter { !$0.isEmpty }
    guard !sentences.isEmpty else { throw RetrievalRefusal("the filler text has no words") }
  }

  /// Sentences in order: words up to one that ends with a period, exclamation or question mark and closing quotes. Line
  /// breaks are spaces.
  package static func sentences(of text: String) -> [String] {
    var sentences: [String] = []
    var words: [Substring] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      words.append(word)
      let ends = word.reversed().first { !"\"')]”’".contains($0) }.map { ".!?".contains($0) } ?? false
      if ends || words.count == longestSentence {
        sentences.append(words.joined(separator: " "))
        words.removeAll()
      }
    }
    if !words.isEmpty { sentences.append(words.joined(separator: " ")) }
    return sentences
  }
}

/// Encodes sentences as parts of a text: after a space.
struct ContinuingText {
  private let tokenizer: Tokenizer

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  func tokens(of sentence: String) -> [TokenID] {
    guard !sentence.isEmpty else { return [] }
    // Such a tokenizer adds the space itself.
    let text = tokenizer.addsSpacePrefix ? sentence : " " + sentence
    return tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
  }
}
