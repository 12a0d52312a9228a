import Inference

/// Token ids as clients give them.
enum TokenInput {
  /// Throws where an id is outside the model's vocabulary, naming the field and the id.
  static func checked(_ tokens: [Int], in field: String, model: ServedModel) throws -> [TokenID] {
    let vocabulary = 0..<model.configuration.vocabularySize
    return try tokens.map { token in
      guard vocabulary.contains(token), let id = TokenID(exactly: token) else {
        throw APIError.invalid(
          "\(field) holds the token id \(token), which is outside the vocabulary of \(vocabulary.count).",
          parameter: field)
      }
      return id
    }
  }
}

extension TextCodec {
  /// The text of some ids; control tokens add nothing to it.
  func text(of tokens: [TokenID]) -> String {
    var decoder = makeDecoder(stopStrings: [])
    return tokens.map { decoder.append($0).text }.joined() + decoder.finish().text
  }
}
