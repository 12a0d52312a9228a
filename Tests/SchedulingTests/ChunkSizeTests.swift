import Core
import Testing

@testable import Scheduling

@Suite("How much of a prompt a step reads")
struct ChunkSizeTests {
  private func tokens(
    prompt: Int = 8192, stages: Int = 1, seconds: Double? = nil, shared: Bool = false, limit: Int = 256
  ) -> Int {
    ChunkSize.tokens(
      promptCount: prompt, stageCount: stages, secondsPerToken: seconds, isShared: shared, limit: limit)
  }

  @Test("one stage with no decode beside takes as much as it may")
  func alone() {
    #expect(tokens() == 256)
    #expect(tokens(seconds: 10) == 256)
  }

  @Test("more stages get smaller chunks of shorter prompts, in whole pages")
  func pipeline() {
    #expect(tokens(prompt: 8192, stages: 2) == 256)
    #expect(tokens(prompt: 2100, stages: 2) == 128)
    #expect(tokens(prompt: 100, stages: 2) == 64)
    #expect(tokens(prompt: 8192, stages: 5) == 128)
    #expect(tokens(prompt: 8192, stages: 2, limit: 7) == 7)
  }

  @Test("beside others that decode a step takes a quarter of a second, but never a few tokens only")
  func shared() {
    #expect(tokens(shared: true) == 256)
    #expect(tokens(seconds: 0.0025, shared: true) == 100)
    #expect(tokens(seconds: 1, shared: true) == 32)
    #expect(tokens(seconds: 1, shared: true, limit: 5) == 5)
    #expect(tokens(seconds: 1e-9, shared: true) == 256)
  }

  @Test("the scheduler learns a token's price from the slowest stage, and shrinks its chunks while others decode")
  func learns() throws {
    var scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: 1, stepTokenBudget: 300, chunkTokenCount: 256, maximumRunningSequences: 4,
        maximumWaitingRequests: 4, pageCount: 100, contextLength: 2000, adaptsChunks: true))
    func request(_ id: UInt64, _ count: Int) -> ScheduledRequest {
      SchedulerBench.request(id, prompt: count, new: 9)
    }
    try scheduler.submit(request(1, 200), now: .zero)
    let next = scheduler.nextStep()
    let first = try #require(next)
    #expect(first.entries.map(\.tokens.count) == [200])
    _ = try scheduler.complete(
      StepCompletion(
        step: first.step, entries: [.init(sequence: SequenceID(1), sampled: [SampledToken(5)])], slowestStageSeconds: 1)
    )
    try scheduler.submit(request(2, 1000), now: .zero)
    let after = scheduler.nextStep()
    let second = try #require(after)
    // One decode, and a quarter of a second at 5 ms a token.
    #expect(second.entries.map(\.tokens.count) == [1, 50])
  }
}
