import Core

/// A bias of all tokens of a text, as llama-server takes them.
struct TextBias: Hashable, Sendable {
  let text: String
  let bias: Float
}

extension [LogitBias] {
  /// These and the texts' biases, one a token, in the order of tokens. A token that is named itself keeps its bias.
  func adding(_ texts: [TextBias], _ codec: any TextCodec) throws -> [LogitBias] {
    guard !texts.isEmpty else { return self }
    var biases: [TokenID: Float] = [:]
    for one in texts {
      for token in try codec.encode(one.text, addsBegin: false, parsesControlTokens: true) { biases[token] = one.bias }
    }
    for one in self { biases[one.token] = one.bias }
    return biases.sorted { $0.key < $1.key }.map { LogitBias(token: $0.key, bias: $0.value) }
  }
}
