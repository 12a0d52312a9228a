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
    do {
      try parameters.validate()
    } catch {
      throw .field(error.name, reason: error.reason)
    }
    self = parameters
  }
}
