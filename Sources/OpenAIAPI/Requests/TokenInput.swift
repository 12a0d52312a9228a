import Core

/// Token ids from a client.
enum TokenInput {
  /// Throws for an id outside the model's vocabulary, naming field and id.
  static func checked(_ tokens: [Int], in field: String, model: ServedModel) throws -> [TokenID] {
    let vocabulary = 0..<model.configuration.vocabularySize
    return try tokens.map { token in
      guard vocabulary.contains(token), let id = TokenID(exactly: token) else {
        throw APIError.invalid(
          "\(field) contains the token id \(token), which is outside the vocabulary of \(vocabulary.count).",
          parameter: field)
      }
      return id
    }
  }
}

extension TextCodec {
  /// The text of token ids that begin one.
  /// - Parameter spellsControlTokens: whether control tokens, which have no text, appear as they are spelled.
  func text(of tokens: [TokenID], spellsControlTokens: Bool = false) -> String {
    text(of: tokens, isContinuation: false, spellsControlTokens: spellsControlTokens)
  }

  /// A prompt as the model reads it, with the spelling of control tokens. Behind a first one the blank shows that some
  /// tokenizers put before a text.
  func promptText(of tokens: [TokenID]) -> String {
    let first = Array(tokens.prefix(1))
    let isControl = text(of: first).isEmpty && !text(of: first, spellsControlTokens: true).isEmpty
    return text(of: tokens, isContinuation: isControl, spellsControlTokens: true)
  }

  private func text(of tokens: [TokenID], isContinuation: Bool, spellsControlTokens: Bool) -> String {
    var options = DecodingOptions()
    options.isContinuation = isContinuation
    options.spellsControlTokens = spellsControlTokens
    var decoder = makeDecoder(options)
    return tokens.map { decoder.append($0).text }.joined() + decoder.finish().text
  }
}
