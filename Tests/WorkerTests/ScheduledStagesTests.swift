import Core
import Fixtures
import Scheduling
import Testing
import Wire

@testable import Worker

/// The scheduler's steps through serving stages of a small model: what drafts and shared pages must not change.
@Suite("Steps that are scheduled, served")
struct ScheduledStagesTests {
  private let model: ServingStageTests

  init() throws { model = try ServingStageTests() }

  /// A scheduler and the stages it makes steps for.
  private final class Run {
    let stages: StagePipeline
    var scheduler: Scheduler
    var tokens: [SequenceID: [TokenID]] = [:]
    var logits: [SequenceID: [Float]] = [:]
    private(set) var stepCount = 0

    init(_ stages: StagePipeline, stageCount: Int) {
      self.stages = stages
      scheduler = Scheduler(
        limits: SchedulerLimits(
          stageCount: stageCount, stepsInFlight: 1, stepTokenBudget: StagePipeline.rowCapacity, chunkTokenCount: 32,
          maximumRunningSequences: 4, maximumWaitingRequests: 4, pageCount: StagePipeline.pageCount,
          contextLength: StagePipeline.contextLength))
    }

    /// Makes one step. False when there is nothing to do.
    func step() throws -> Bool {
      guard let plan = scheduler.nextStep() else { return false }
      stepCount += 1
      let outcome = try stages.step(plan.entries, releases: plan.releases, resumes: plan.resumes)
      #expect(outcome.result.failure == nil && outcome.result.failed == [])
      var rows = outcome.logits[...]
      for entry in outcome.result.entries where entry.logitsRowCount > 0 { logits[entry.sequence] = rows.popFirst() }
      let updates = try scheduler.complete(
        StepCompletion(
          step: plan.step,
          entries: outcome.result.entries.map { .init(sequence: $0.sequence, sampled: $0.sampled) }))
      for case .token(let sequence, let sampled) in updates { tokens[sequence, default: []].append(sampled.token) }
      return true
    }

    /// Steps until the sequence has so many tokens, or has ended.
    func run(_ sequence: SequenceID, until count: Int = .max) throws {
      while (tokens[sequence] ?? []).count < count, scheduler.runningSequences.contains(sequence) || stepCount == 0 {
        guard try step() else { return }
      }
    }
  }

  private func run(_ kind: ServingStageTests.Kind = .cpu) throws -> Run {
    Run(try model.pipeline(kind, stages: 2), stageCount: 2)
  }

  static let samplings: [SamplingParameters] = {
    var seeded = SamplingParameters()
    seeded.seed = 7
    seeded.frequencyPenalty = 0.4
    seeded.repetitionPenalty = 1.2
    return [.greedy, seeded]
  }()

  private func request(
    _ id: UInt64, prompt: [TokenID], new: Int = 40, sampling: SamplingParameters
  ) -> ScheduledRequest {
    var generation = GenerationRequest(prompt: prompt)
    generation.sampling = sampling
    generation.wantsPromptLogits = true
    return ScheduledRequest(
      generation, sequence: SequenceID(id), maximumNewTokens: new, policy: model.policy,
      scope: PrefixScope(policy: model.policy))
  }

  @Test("drafts give the very tokens of plain decoding, in fewer steps", arguments: samplings)
  func drafts(sampling: SamplingParameters) throws {
    let (prompt, id) = (Array(ServingStageTests.prompt.prefix(150)), SequenceID(1))
    let plain = try run()
    try plain.scheduler.submit(request(1, prompt: prompt, sampling: sampling), now: .zero)
    try plain.run(id)
    let expected = try #require(plain.tokens[id])
    #expect(expected.count == 40)
    let drafted = try run()
    try drafted.scheduler.submit(request(1, prompt: prompt, sampling: sampling), now: .zero)
    var random = SeededGenerator(seed: 3)
    while try drafted.step() {
      let done = (drafted.tokens[id] ?? []).count
      guard done > 0 else { continue }
      // A draft of what follows, of which one token may be wrong.
      var draft = Array(expected.dropFirst(done).prefix(Int.random(in: 0...9, using: &random)))
      if Bool.random(using: &random), let wrong = draft.indices.randomElement(using: &random) { draft[wrong] ^= 1 }
      drafted.scheduler.propose(draft, for: id)
    }
    #expect(drafted.tokens[id] == expected)
    #expect(drafted.stepCount < plain.stepCount * 2 / 3, "\(drafted.stepCount) steps of \(plain.stepCount)")
  }

  @Test(
    "a sequence that opens on another's pages has the bytes and tokens of one that computed them",
    arguments: ServingStageTests.Kind.allCases, samplings)
  func sharedPages(kind: ServingStageTests.Kind, sampling: SamplingParameters) throws {
    let id = SequenceID(2)
    let prompt = ServingStageTests.prompt.prefix(140) + [5, 6, 7, 8]
    let alone = try run(kind)
    try alone.scheduler.submit(request(2, prompt: Array(prompt), new: 8, sampling: sampling), now: .zero)
    try alone.run(id)
    let shared = try run(kind)
    let first = request(1, prompt: ServingStageTests.prompt, new: 90, sampling: sampling)
    try shared.scheduler.submit(first, now: .zero)
    try shared.run(SequenceID(1), until: 3)
    let rows = shared.stages.rowCount
    try shared.scheduler.submit(
      request(2, prompt: Array(prompt), new: 8, sampling: sampling), now: .zero)
    while shared.logits[id] == nil, try shared.step() {}
    #expect(shared.stages.rowCount - rows < 2 * 40, "two pages of the prompt are not computed")
    // The pages outlive the sequence that filled them.
    shared.scheduler.cancel(SequenceID(1))
    try shared.run(id)
    #expect(shared.logits[id]?.map(\.bitPattern) == alone.logits[id]?.map(\.bitPattern))
    #expect(shared.tokens[id] == alone.tokens[id] && shared.tokens[id]?.count == 8)
    while try shared.step() {}
    #expect(shared.scheduler.counts.usedPageCount == 0)
    #expect(shared.stages.held == [[], []], "every stage has released what ended")
  }

  @Test("a lost stage computes shared pages again, and the tokens stay what they are", arguments: [0, 1])
  func lost(stage: Int) throws {
    let sampling = Self.samplings[1]
    let (first, second) = (SequenceID(1), SequenceID(2))
    let prompt = ServingStageTests.prompt.prefix(140) + [5, 6, 7, 8]
    let alone = try run()
    try alone.scheduler.submit(request(2, prompt: Array(prompt), new: 20, sampling: sampling), now: .zero)
    try alone.run(second)
    let shared = try run()
    try shared.scheduler.submit(
      request(1, prompt: ServingStageTests.prompt, new: 30, sampling: sampling), now: .zero)
    try shared.run(first, until: 3)
    try shared.scheduler.submit(
      request(2, prompt: Array(prompt), new: 20, sampling: sampling), now: .zero)
    try shared.run(second, until: 6)
    shared.scheduler.propose([1, 2, 3], for: second)
    _ = try shared.step()
    shared.scheduler.suspend(after: .workerLost)
    shared.stages.beginPlan(replacing: (stage, try model.backend(.cpu, stage: stage, of: 2)))
    let choice = RecoveryChoice(held: shared.stages.held)
    let report = shared.scheduler.resume(limits: shared.scheduler.limits, stagesHold: choice.hasAny) {
      choice.rebuilding($0, length: $1)
    }
    // The first stage logged the first sequence's rows, but not those of the pages that the second one opened on.
    #expect(report.replayedSequenceCount == (stage == 0 ? 2 : 1) && report.rereadSequenceCount == (stage == 0 ? 0 : 1))
    try shared.run(second)
    #expect(shared.tokens[second] == alone.tokens[second])
    try shared.run(first)
    #expect(shared.tokens[first]?.count == 30)
  }
}
