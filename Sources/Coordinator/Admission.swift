import Cluster
import Core
import Scheduling

/// Turns a request into what the scheduler takes: checks every field and fixes the policy. Pure.
struct Admission {
  let configuration: ClusterConfiguration

  /// - Throws: `EngineError`, `InvalidParameter`, `PolicyRefusal` or `PolicyArgumentError`, each in words.
  func admit(_ request: GenerationRequest, as sequence: SequenceID) throws -> (ScheduledRequest, PolicyChoice) {
    let contextLength = configuration.demand.contextLength
    guard !request.prompt.isEmpty else { throw EngineError.emptyPrompt }
    for token in request.prompt where token < 0 || Int(token) >= configuration.model.vocabularySize {
      throw EngineError.tokenOutOfRange(token, vocabularySize: configuration.model.vocabularySize)
    }
    try request.sampling.validate()
    if let count = request.topLogprobCount, !(0...Limits.maximumTopLogprobCount).contains(count) {
      throw InvalidParameter(name: "logprobs", reason: "must be between 0 and \(Limits.maximumTopLogprobCount)")
    }
    if let from = request.scoresPromptFrom, from < 1 {
      throw InvalidParameter(name: "scores from", reason: "must be at least 1: the first token has no predecessor")
    }
    let promptCount = request.prompt.count
    let newTokens = request.maximumNewTokens ?? max(0, contextLength - promptCount)
    guard newTokens >= 0 else { throw InvalidParameter(name: "max_tokens", reason: "must not be negative") }
    let (length, overflow) = promptCount.addingReportingOverflow(newTokens)
    // The policy's own refusal comes first: its numbers say what the model could do at best.
    let choice = try policy(length: overflow ? Int.max : length, request: request.policy)
    guard !overflow, length <= contextLength, promptCount <= contextLength else {
      throw EngineError.contextExceeded(length: overflow ? Int.max : length, contextLength: contextLength)
    }
    let scheduled = ScheduledRequest(
      sequence: sequence, prompt: request.prompt, maximumNewTokens: newTokens, policy: choice.policy,
      stopTokens: request.stopTokens, sampling: request.sampling, topLogprobCount: request.topLogprobCount,
      scoresPromptFrom: request.scoresPromptFrom, wantsPromptLogits: request.wantsPromptLogits,
      turn: request.turn)
    return (scheduled, choice)
  }

  private func policy(length: Int, request: PolicyRequest) throws -> PolicyChoice {
    var merged = configuration.demand.policy
    // A group size of the request's own does not keep the cluster's window, nor the other way round.
    if request != PolicyRequest() { merged = request }
    return try PolicyChoice.forLength(
      min(length, Limits.maximumContext), trainedLength: configuration.model.trainedLength, request: merged)
  }
}
