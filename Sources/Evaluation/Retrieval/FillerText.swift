import Inference
package import Tokenization

/// Sentences to hide numbers among, as ids of text that goes on.
package struct FillerText: Sendable {
  let sentences: [[TokenID]]

  /// Words of a sentence at most: a text without full stops is cut, so that numbers can be put anywhere.
  private static let longestSentence = 40

  /// - Throws: `RetrievalRefusal` when the text has no words.
  package init(_ text: String, tokenizer: Tokenizer) throws(RetrievalRefusal) {
    let continuing = ContinuingText(tokenizer)
    sentences = Self.sentences(of: text).map { continuing.tokens(of: $0) }.filter { !$0.isEmpty }
    guard !sentences.isEmpty else { throw RetrievalRefusal("the filler text has no words") }
  }

  /// Sentences in order: words up to one that ends in a full stop, exclamation or question mark, closing quotes
  /// allowed. Line breaks are blanks.
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

/// Turns sentences into ids as they are within a text: after a blank.
struct ContinuingText {
  private let tokenizer: Tokenizer

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  func tokens(of sentence: String) -> [TokenID] {
    guard !sentence.isEmpty else { return [] }
    // Such a tokenizer puts the blank there itself.
    let text = tokenizer.addsSpacePrefix ? sentence : " " + sentence
    return tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
  }
}
