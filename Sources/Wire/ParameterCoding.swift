import CWire
import Core

extension PositionPolicy {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__PositionPolicy> {
    arena.make(longhaul__position_policy__init) {
      $0.group_size = Int64(groupSize)
      $0.neighbor_window = Int64(neighborWindow)
      $0.trained_length = Int64(trainedLength)
    }
  }

  init(raw: borrowing Longhaul__PositionPolicy) throws(WireError) {
    let policy = PositionPolicy(
      groupSize: try Field.integer(raw.group_size, "group_size", 1...Limits.maximumContext),
      neighborWindow: try Field.integer(raw.neighbor_window, "neighbor_window", 0...Limits.maximumContext),
      trainedLength: try Field.integer(raw.trained_length, "trained_length", 1...Limits.maximumContext))
    guard let policy else { throw .field("group_size", reason: "is no policy with this neighbor_window") }
    self = policy
  }
}

extension SamplingParameters {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__SamplingParameters> {
    arena.make(longhaul__sampling_parameters__init) {
      $0.temperature = temperature
      $0.top_k = Int64(topK)
      $0.top_p = topP
      $0.min_p = minP
      $0.repetition_penalty = repetitionPenalty
      $0.presence_penalty = presencePenalty
      $0.frequency_penalty = frequencyPenalty
      $0.seed = seed
      $0.n_biased_tokens = logitBiases.count
      $0.biased_tokens = arena.copy(logitBiases.map(\.token))
      $0.n_biases = logitBiases.count
      $0.biases = arena.copy(logitBiases.map(\.bias))
      $0.minimum_new_tokens = Int64(minimumNewTokens)
      $0.n_end_tokens = endTokens.count
      $0.end_tokens = arena.copy(endTokens)
      // Absent, which is 0, must mean off.
      $0.typical_p = typicalP == 1 ? 0 : typicalP
      $0.top_n_sigma = topNSigma
      $0.xtc_probability = xtcProbability
      $0.xtc_threshold = xtcThreshold
      guard dry.isActive else { return }
      $0.dry_multiplier = dry.multiplier
      $0.dry_base = dry.base
      $0.dry_allowed_length = Int64(dry.allowedLength)
      $0.dry_lookback = Int64(dry.lookback ?? 0)
      $0.n_dry_breakers = dry.breakers.count
      $0.dry_breakers = arena.copy(dry.breakers)
      $0.n_dry_breaker_phrases = dry.breakerPhrases.count
      $0.dry_breaker_phrases = arena.pointers(dry.breakerPhrases) { tokens in
        arena.make(longhaul__token_phrase__init) {
          $0.n_tokens = tokens.count
          $0.tokens = arena.copy(tokens)
        }
      }
    }
  }

  init(raw: borrowing Longhaul__SamplingParameters) throws(WireError) {
    var parameters = SamplingParameters()
    parameters.temperature = raw.temperature
    parameters.topK = Int(raw.top_k)
    parameters.topP = raw.top_p
    parameters.minP = raw.min_p
    parameters.repetitionPenalty = raw.repetition_penalty
    parameters.presencePenalty = raw.presence_penalty
    parameters.frequencyPenalty = raw.frequency_penalty
    parameters.seed = raw.seed
    let tokens = try Field.elements(raw.biased_tokens, raw.n_biased_tokens, "biased_tokens", limit: Bounds.biasCount)
    let biases = try Field.elements(raw.biases, raw.n_biases, "biases", limit: Bounds.biasCount)
    guard tokens.count == biases.count else {
      throw .field("biases", reason: "has \(biases.count) elements for \(tokens.count) tokens")
    }
    parameters.logitBiases = zip(tokens, biases).map { LogitBias(token: $0, bias: $1) }
    parameters.minimumNewTokens = try Field.position(raw.minimum_new_tokens, "minimum_new_tokens")
    parameters.endTokens = Array(
      try Field.elements(raw.end_tokens, raw.n_end_tokens, "end_tokens", limit: Bounds.endTokenCount))
    parameters.typicalP = raw.typical_p == 0 ? 1 : raw.typical_p
    parameters.topNSigma = raw.top_n_sigma
    parameters.xtcProbability = raw.xtc_probability
    parameters.xtcThreshold = raw.xtc_threshold
    parameters.dry = try Self.dry(raw)
    do {
      try parameters.validate()
    } catch {
      throw .field(error.name, reason: error.reason)
    }
    self = parameters
  }

  private static func dry(_ raw: borrowing Longhaul__SamplingParameters) throws(WireError) -> DryParameters {
    var dry = DryParameters()
    guard raw.dry_multiplier != 0 else { return dry }
    typealias Bounds = DryParameters.Bounds
    dry.multiplier = raw.dry_multiplier
    dry.base = raw.dry_base
    dry.allowedLength = try Field.position(raw.dry_allowed_length, "dry_allowed_length")
    let lookback = try Field.position(raw.dry_lookback, "dry_lookback")
    dry.lookback = lookback == 0 ? nil : lookback
    dry.breakers = Array(
      try Field.elements(raw.dry_breakers, raw.n_dry_breakers, "dry_breakers", limit: Bounds.breakerCount))
    dry.breakerPhrases = try Field.messages(
      raw.dry_breaker_phrases, raw.n_dry_breaker_phrases, "dry_breaker_phrases", limit: Bounds.phraseCount
    ) { phrase throws(WireError) in
      Array(try Field.elements(phrase.tokens, phrase.n_tokens, "tokens", limit: Bounds.phraseLength.upperBound))
    }
    return dry
  }
}
