import CWire
import Core

extension PositionPolicy {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__PositionPolicy> {
    arena.make(longhaul__position_policy__init) {
      $0.method = method.raw
      $0.group_size = method == .selfExtend ? Int64(groupSize) : 0
      $0.far_group_size = method == .selfExtend ? 0 : Int64(self[.groupSize] ?? 0)
      $0.neighbor_window = Int64(neighborWindow)
      $0.far_start = Int64(farStart)
      $0.trained_length = Int64(trainedLength)
    }
  }

  init(raw: borrowing Longhaul__PositionPolicy) throws(WireError) {
    let method = try PositionMethod(raw: raw.method)
    func number(_ parameter: PolicyParameter, _ value: Int64, _ name: String, isUsed: Bool = true) throws(WireError)
      -> Int
    {
      let isUsed = isUsed && method.parameters.contains(parameter)
      return try Field.integer(value, name, isUsed ? parameter.range : 0...0)
    }
    let groupSize = try number(.groupSize, raw.group_size, "group_size", isUsed: method == .selfExtend)
    let farGroupSize = try number(.groupSize, raw.far_group_size, "far_group_size", isUsed: method != .selfExtend)
    let policy = PositionPolicy(
      method, groupSize: method == .selfExtend ? groupSize : farGroupSize,
      neighborWindow: try number(.neighborWindow, raw.neighbor_window, "neighbor_window"),
      farStart: try number(.farStart, raw.far_start, "far_start"),
      trainedLength: try Field.integer(raw.trained_length, "trained_length", 1...Limits.maximumContext))
    guard let policy else { throw .field("far_start", reason: "is more than neighbor_window") }
    self = policy
  }
}

extension PositionMethod {
  fileprivate var raw: Longhaul__PositionMethod {
    switch self {
    case .selfExtend: LONGHAUL__POSITION_METHOD__POSITION_METHOD_SELF_EXTEND
    case .reRoPE: LONGHAUL__POSITION_METHOD__POSITION_METHOD_REROPE
    case .string: LONGHAUL__POSITION_METHOD__POSITION_METHOD_STRING
    case .jetLong: LONGHAUL__POSITION_METHOD__POSITION_METHOD_JET_LONG
    case .logistic: LONGHAUL__POSITION_METHOD__POSITION_METHOD_SELF
    }
  }

  fileprivate init(raw: Longhaul__PositionMethod) throws(WireError) {
    guard let method = Self.allCases.first(where: { $0.raw == raw }) else {
      throw .field("method", reason: "is unknown")
    }
    self = method
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
