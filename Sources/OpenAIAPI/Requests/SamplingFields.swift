import Core

/// The client's sampling fields; nil uses the server's default.
struct SamplingFields: Sendable {
  var temperature: Float?
  var topP: Float?
  var topK: Int?
  var minP: Float?
  var repetitionPenalty: Float?
  var presencePenalty: Float?
  var frequencyPenalty: Float?
  var seed: UInt64?

  init(_ fields: RequestFields) throws {
    temperature = try fields.number("temperature")
    topP = try fields.number("top_p")
    // Some servers use -1 for "all".
    topK = try fields.integer("top_k", in: -1...Limits.maximumVocabularySize).map { max(0, $0) }
    minP = try fields.number("min_p")
    repetitionPenalty = try fields.number("repetition_penalty") ?? fields.number("repeat_penalty")
    presencePenalty = try fields.number("presence_penalty")
    frequencyPenalty = try fields.number("frequency_penalty")
    seed = try fields.seed()
  }

  /// Fills in the defaults and validates. Without a client seed, uses `randomSeed`.
  func parameters(over defaults: SamplingParameters, randomSeed: UInt64) throws -> SamplingParameters {
    var parameters = defaults
    parameters.temperature = temperature ?? defaults.temperature
    parameters.topP = topP ?? defaults.topP
    parameters.topK = topK ?? defaults.topK
    parameters.minP = minP ?? defaults.minP
    parameters.repetitionPenalty = repetitionPenalty ?? defaults.repetitionPenalty
    parameters.presencePenalty = presencePenalty ?? defaults.presencePenalty
    parameters.frequencyPenalty = frequencyPenalty ?? defaults.frequencyPenalty
    parameters.seed = seed ?? randomSeed
    try parameters.validate()
    return parameters
  }
}

extension RequestFields {
  /// A 64-bit integer, signed or unsigned; some clients use -1 for "random".
  fileprivate func seed() throws -> UInt64? {
    let kind = "an integer of at most 64 bits"
    let seed: Seed? = try value("seed", kind)
    return seed.flatMap { $0.bits }
  }
}

private struct Seed: Decodable {
  let bits: UInt64?
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // try?: from 2^63 on the unsigned form is the right one.
    if let signed = try? container.decode(Int64.self) {
      bits = signed == -1 ? nil : UInt64(bitPattern: signed)
    } else {
      bits = try container.decode(UInt64.self)
    }
  }
}
