import Core

/// What bounds a scheduler. Immutable; made from the layer plan and the operator's settings.
package struct SchedulerLimits: Hashable, Sendable {
  /// Pipeline stages of the plan.
  package let stageCount: Int
  /// Steps sent but not completed, at most.
  package let stepsInFlight: Int
  /// Tokens of one step, decodes and prompt chunks together.
  package let stepTokenBudget: Int
  /// Tokens of one prompt chunk, at most.
  package let chunkTokenCount: Int
  /// Whether chunks may be smaller than that where it is better for the pipeline or for sequences that decode.
  package let adaptsChunks: Bool
  /// Where chunks adapt: how many times as long as alone decodes may take beside a prompt. Above 1.
  package let latencyTarget: Double
  /// Whether tokens are guessed.
  package let speculation: SpeculationMode
  /// Whether a sequence takes pages as it grows, instead of its worst case's at admission.
  package let growsPages: Bool
  /// Sequences that hold pages at once. Never more than one step has entries or tokens for, so that a step
  /// always has room for every ready decode and then for at least one prompt token: neither can starve the
  /// other.
  package let maximumRunningSequences: Int
  /// Requests that may wait for pages; what comes beyond is refused.
  package let maximumWaitingRequests: Int
  /// Prompt tokens of all requests that wait, at most.
  package let maximumWaitingTokens: Int
  /// KV pages of the cluster.
  package let pageCount: Int
  /// Tokens of one sequence, prompt and answer together.
  package let contextLength: Int
  /// Sequences one step may carry.
  package let maximumStepEntries: Int
  /// Rows of logits one step may ask for.
  package let maximumLogitsRows: Int

  package static let defaultLatencyTarget = 2.0

  /// - Parameter stepsInFlight: nil takes what `StepWindow` says.
  /// - Precondition: every count is at least 1 (`pageCount` and `maximumWaitingRequests` at
  ///   least 0). The settings a user can reach are checked where they are read.
  package init(
    stageCount: Int, stepsInFlight: Int? = nil, stepTokenBudget: Int, chunkTokenCount: Int,
    maximumRunningSequences: Int, maximumWaitingRequests: Int, pageCount: Int, contextLength: Int,
    maximumStepEntries: Int = Limits.maximumStepEntryCount, maximumLogitsRows: Int = Limits.maximumStepEntryCount,
    adaptsChunks: Bool = false, latencyTarget: Double = Self.defaultLatencyTarget,
    speculation: SpeculationMode = .off, maximumWaitingTokens: Int = .max, growsPages: Bool = false
  ) {
    precondition(
      [
        stageCount, stepsInFlight ?? 1, stepTokenBudget, chunkTokenCount, maximumRunningSequences,
        contextLength, maximumStepEntries, maximumLogitsRows,
      ].allSatisfy { $0 >= 1 } && pageCount >= 0 && maximumWaitingRequests >= 0,
      "a scheduler limit is below 1")
    precondition(latencyTarget > 1, "a latency target leaves nothing for prompts")
    self.stageCount = stageCount
    self.stepsInFlight = stepsInFlight ?? StepWindow(stageCount: stageCount).stepCount
    self.stepTokenBudget = min(stepTokenBudget, Limits.maximumStepTokenCount)
    self.chunkTokenCount = min(chunkTokenCount, self.stepTokenBudget)
    self.adaptsChunks = adaptsChunks
    self.latencyTarget = latencyTarget
    self.speculation = speculation
    self.growsPages = growsPages
    self.maximumWaitingTokens = maximumWaitingTokens
    self.maximumStepEntries = min(maximumStepEntries, Limits.maximumStepEntryCount)
    self.maximumLogitsRows = maximumLogitsRows
    self.maximumRunningSequences = min(maximumRunningSequences, self.maximumStepEntries, self.stepTokenBudget)
    self.maximumWaitingRequests = maximumWaitingRequests
    self.pageCount = pageCount
    self.contextLength = min(contextLength, Limits.maximumContext)
  }
}
