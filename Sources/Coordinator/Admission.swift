import Cluster
import Core
import Scheduling

/// Turns a request into a scheduler's request: checks it and fixes the policy. `Scheduler.submit` decides whether it
/// fits the cluster. Pure.
struct Admission {
  let configuration: ClusterConfiguration

  /// - Parameter startsPaused: whether it waits after its prefill.
  /// - Throws: `EngineError`, `InvalidParameter`, `PolicyRefusal` or `PolicyArgumentError`.
  func admit(
    _ request: GenerationRequest, as sequence: SequenceID, startsPaused: Bool
  ) throws -> (ScheduledRequest, PolicyChoice) {
    try request.check(vocabularySize: configuration.model.vocabularySize)
    let promptCount = request.prompt.count
    let newTokens = request.maximumNewTokens ?? max(0, configuration.demand.contextLength - promptCount)
    let (length, overflow) = promptCount.addingReportingOverflow(newTokens)
    // The policy's refusal comes before the scheduler's: its numbers say what the model can do at best.
    let choice = try policy(length: overflow ? Int.max : length, request: request.policy)
    let shares = configuration.keepsPrefixes && request.usesPrefixCache
    let scheduled = ScheduledRequest(
      request, sequence: sequence, maximumNewTokens: newTokens, policy: choice.policy, startsPaused: startsPaused,
      scope: shares ? PrefixScope(tenant: request.tenant, policy: choice.policy) : nil, pooling: request.pooling)
    return (scheduled, choice)
  }

  private func policy(length: Int, request: PolicyRequest) throws -> PolicyChoice {
    var merged = configuration.demand.policy
    // A request that sets the group size does not keep the cluster's window, nor the reverse.
    if request != PolicyRequest() { merged = request }
    var choice = try PolicyChoice.forLength(
      min(length, Limits.maximumContext), trainedLength: configuration.model.trainedLength, request: merged)
    choice.attention = configuration.demand.attention
    return choice
  }
}
