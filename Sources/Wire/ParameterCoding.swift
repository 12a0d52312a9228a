import CWire
import Core

extension SelfExtendPolicy {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__SelfExtendPolicy> {
    arena.make(longhaul__self_extend_policy__init) {
      $0.group_size = Int64(groupSize)
      $0.neighbor_window = Int64(neighborWindow)
      $0.trained_length = Int64(trainedLength)
    }
  }

  init(raw: borrowing Longhaul__SelfExtendPolicy) throws(WireError) {
    let policy = SelfExtendPolicy(
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
    do {
      try parameters.validate()
    } catch {
      throw .field(error.name, reason: error.reason)
    }
    self = parameters
  }
}
