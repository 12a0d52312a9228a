import Core
import Testing

@testable import Scheduling

/// A scheduler on a bench: a class, so that expectations may call what changes it.
final class SchedulerBench {
  var scheduler: Scheduler

  init(
    stages: Int = 1, budget: Int = 16, chunk: Int = 8, running: Int = 8, waiting: Int = 8, pages: Int = 100,
    context: Int = 4096, grows: Bool = false
  ) {
    scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: stages, stepTokenBudget: budget, chunkTokenCount: chunk, maximumRunningSequences: running,
        maximumWaitingRequests: waiting, pageCount: pages, contextLength: context, growsPages: grows))
  }

  /// A plain request whose prompt tokens are their own positions.
  static func request(
    _ id: UInt64, prompt: Int, new: Int, stop: Set<TokenID> = [], scoresFrom: Int? = nil,
    wantsLogits: Bool = false, policy: PositionPolicy = .plain(trainedLength: 4096), paused: Bool = false,
    shares: Bool = false, tenant: Tenant = Tenant(), pooling: Pooling? = nil, priority: Int = 0
  ) -> ScheduledRequest {
    var generation = GenerationRequest(prompt: (0..<prompt).map { TokenID($0) }, maximumNewTokens: new)
    generation.stopTokens = stop
    generation.priority = priority
    generation.scoresPromptFrom = scoresFrom
    generation.wantsPromptLogits = wantsLogits
    return ScheduledRequest(
      generation, sequence: SequenceID(id), maximumNewTokens: new, policy: policy, startsPaused: paused,
      scope: shares ? PrefixScope(tenant: tenant, policy: policy) : nil, pooling: pooling)
  }

  func submit(
    _ id: UInt64, prompt: Int, new: Int, stop: Set<TokenID> = [], scoresFrom: Int? = nil,
    wantsLogits: Bool = false, paused: Bool = false, now: Duration = .zero
  ) throws {
    try scheduler.submit(
      Self.request(
        id, prompt: prompt, new: new, stop: stop, scoresFrom: scoresFrom, wantsLogits: wantsLogits, paused: paused),
      now: now)
  }

  func submit(_ request: ScheduledRequest) throws { try scheduler.submit(request, now: .zero) }

  func next() -> StepPlan? { scheduler.nextStep() }

  func allNext() -> [StepPlan] {
    var plans: [StepPlan] = []
    while let plan = scheduler.nextStep() { plans.append(plan) }
    return plans
  }

  /// Completes a step with the same token for every sequence that samples one.
  @discardableResult
  func complete(_ plan: StepPlan, token: TokenID = 7) throws -> [SequenceUpdate] {
    try scheduler.complete(
      StepCompletion(
        step: plan.step,
        entries: plan.entries.map { entry in
          .init(sequence: entry.sequence, sampled: entry.output.sampledRows.map { _ in SampledToken(token) })
        }))
  }

  func complete(step: UInt64, entries: [StepCompletion.Entry]) throws -> [SequenceUpdate] {
    try scheduler.complete(StepCompletion(step: step, entries: entries))
  }
}

extension StepEntry {
  var shouldSample: Bool { !output.sampledRows.isEmpty }
  var wantsLogits: Bool { !output.logitsRows.isEmpty }
}

extension Scheduler {
  /// Every stage has lost all it held.
  mutating func loseAll() -> RecoveryReport {
    resume(limits: limits, stagesHold: true) { [count = limits.stageCount] _, _ in StageSet(0..<count) }
  }
}
