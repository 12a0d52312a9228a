import Core
import JSON

/// The client's sampling fields; nil uses the server's default.
struct SamplingFields: Sendable {
  var temperature: Float?
  var topP: Float?
  var topK: Int?
  var minP: Float?
  var repetitionPenalty: Float?
  var presencePenalty: Float?
  var frequencyPenalty: Float?
  var topNSigma: Float?
  var typicalP: Float?
  var xtcProbability: Float?
  var xtcThreshold: Float?
  var dry = DryFields()
  var logitBiases: [LogitBias] = []
  /// Besides, by their texts.
  var textBiases: [TextBias] = []
  var minimumNewTokens = 0
  var seed: UInt64?

  init() {}

  init(_ fields: RequestFields) throws {
    typealias Bounds = SamplingParameters.Bounds
    temperature = try fields.number("temperature", in: Bounds.temperature)
    topP = try fields.number("top_p", in: Bounds.share)
    // Some servers use -1 for "all".
    topK = try fields.integer("top_k", in: -1...Limits.maximumVocabularySize).map { max(0, $0) }
    minP = try fields.number("min_p", in: Bounds.share)
    let repetition = try fields.number("repetition_penalty", in: Bounds.repetition)
    repetitionPenalty = try repetition ?? fields.number("repeat_penalty", in: Bounds.repetition)
    presencePenalty = try fields.number("presence_penalty", in: Bounds.penalty)
    frequencyPenalty = try fields.number("frequency_penalty", in: Bounds.penalty)
    // llama-server's -1 is off.
    topNSigma = fields.value("top_n_sigma")?.integer == -1 ? 0 : try fields.number("top_n_sigma", in: Bounds.topNSigma)
    typicalP = try fields.number("typical_p", in: Bounds.typical)
    xtcProbability = try fields.number("xtc_probability", in: Bounds.share)
    xtcThreshold = try fields.number("xtc_threshold", in: Bounds.share)
    dry = try DryFields(fields)
    (logitBiases, textBiases) = try LogitBiasField.biases(fields)
    minimumNewTokens = try fields.integer("min_tokens", in: 0...Limits.maximumContext) ?? 0
    // Some clients use -1 for "random".
    seed = fields.value("seed")?.integer == -1 ? nil : try fields.bits("seed")
  }

  /// Fills in the defaults and validates. Without a client seed, uses `randomSeed`.
  /// - Parameter endTokens: what ends an answer, which a minimum of new tokens holds back.
  func parameters(
    over defaults: SamplingParameters, endTokens: Set<TokenID>, randomSeed: UInt64
  ) throws -> SamplingParameters {
    var parameters = defaults
    parameters.temperature = temperature ?? defaults.temperature
    parameters.topP = topP ?? defaults.topP
    parameters.topK = topK ?? defaults.topK
    parameters.minP = minP ?? defaults.minP
    parameters.repetitionPenalty = repetitionPenalty ?? defaults.repetitionPenalty
    parameters.presencePenalty = presencePenalty ?? defaults.presencePenalty
    parameters.frequencyPenalty = frequencyPenalty ?? defaults.frequencyPenalty
    parameters.topNSigma = topNSigma ?? defaults.topNSigma
    parameters.typicalP = typicalP ?? defaults.typicalP
    parameters.xtcProbability = xtcProbability ?? defaults.xtcProbability
    parameters.xtcThreshold = xtcThreshold ?? defaults.xtcThreshold
    parameters.dry = dry.parameters
    parameters.logitBiases = logitBiases
    parameters.minimumNewTokens = minimumNewTokens
    parameters.endTokens = minimumNewTokens > 0 ? endTokens.sorted() : []
    parameters.seed = seed ?? randomSeed
    try parameters.validate()
    return parameters
  }
}
