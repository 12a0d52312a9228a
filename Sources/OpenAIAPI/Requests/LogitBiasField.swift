import Core
import JSON

/// The field `logit_bias`: an object of biases by token id, as OpenAI has it, or an array of pairs of an id and a bias,
/// as llama-server has it, where the bias false excludes the token. A text in place of an id stands for its tokens.
enum LogitBiasField {
  /// Of an id that is given twice the last bias counts.
  static func biases(_ fields: RequestFields) throws -> (tokens: [LogitBias], texts: [TextBias]) {
    guard let value = fields.value("logit_bias") else { return ([], []) }
    let pairs: [(key: JSONValue, bias: JSONValue)]
    if let object = value.object {
      pairs = object.members.map { (Int($0.key).map { .integer($0) } ?? .string($0.key), $0.value) }
    } else if let items = value.array {
      pairs = items.map { item in
        let pair = item.array ?? []
        return pair.count == 2 ? (pair[0], pair[1]) : (.null, .null)
      }
    } else {
      throw fields.invalid("logit_bias", "must be an object of biases by token id, or an array of pairs of both")
    }
    guard pairs.count <= SamplingParameters.Bounds.biasCount else {
      throw fields.invalid("logit_bias", "may hold at most \(SamplingParameters.Bounds.biasCount) biases")
    }
    var biases: [TokenID: Float] = [:]
    var texts: [TextBias] = []
    for (key, bias) in pairs {
      if let text = key.string, !text.isEmpty, text.utf8.count <= RequestLimits.stopStringByteCount {
        texts.append(TextBias(text: text, bias: try number(bias, fields)))
        continue
      }
      guard let id = key.integer.flatMap({ TokenID(exactly: $0) }),
        (0..<TokenID(Limits.maximumVocabularySize)).contains(id)
      else {
        throw fields.invalid(
          "logit_bias",
          "must name tokens by ids of the model's vocabulary, or by texts of at most "
            + "\(RequestLimits.stopStringByteCount) bytes"
        )
      }
      biases[id] = try number(bias, fields)
    }
    return (biases.sorted { $0.key < $1.key }.map { LogitBias(token: $0.key, bias: $0.value) }, texts)
  }

  private static func number(_ value: JSONValue, _ fields: RequestFields) throws -> Float {
    if value.bool == false { return -.infinity }
    guard let bias = value.number.map({ Float($0.double) }), SamplingParameters.Bounds.bias.contains(bias) else {
      throw fields.invalid("logit_bias", "must have biases between -100 and 100")
    }
    return bias
  }
}
