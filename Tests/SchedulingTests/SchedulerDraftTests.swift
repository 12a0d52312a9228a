import Core
import Testing

@testable import Scheduling

/// Small stories of drafted tokens, one rule each.
struct SchedulerDraftTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)

  /// A sequence of four prompt tokens that has sampled 7 and decodes next.
  private func decoding(new: Int = 20, stop: Set<TokenID> = [], budget: Int = 16) throws -> SchedulerBench {
    let bench = SchedulerBench(stages: 2, budget: budget)
    try bench.submit(1, prompt: 4, new: new, stop: stop)
    try bench.complete(#require(bench.next()))
    return bench
  }

  @discardableResult
  private func complete(
    _ bench: SchedulerBench, _ step: StepPlan, _ tokens: [TokenID]
  ) throws -> [SequenceUpdate] {
    try bench.complete(
      step: step.step, entries: [.init(sequence: Self.a, sampled: tokens.map { SampledToken($0) })])
  }

  @Test("A draft is computed with the newest token, and every row is sampled")
  func drafted() throws {
    let bench = try decoding()
    bench.scheduler.propose([8, 9], for: Self.a)
    let step = try #require(bench.next())
    #expect(step.entries[0].tokens == [7, 8, 9] && step.entries[0].startPosition == 4)
    #expect(step.entries[0].output.sampledRows == 0..<3)
    #expect(
      try complete(bench, step, [8, 9, 10]) == [8, 9, 10].map { .token(Self.a, SampledToken($0)) })
    let next = try #require(bench.next())
    #expect(next.entries[0].tokens == [10] && next.entries[0].startPosition == 7)
  }

  @Test("A drafted token that is not sampled, and all behind it, are cut by the next entry")
  func cut() throws {
    let bench = try decoding()
    bench.scheduler.propose([8, 9, 10], for: Self.a)
    let step = try #require(bench.next())
    #expect(try complete(bench, step, [8, 5, 10, 11]) == [8, 5].map { .token(Self.a, SampledToken($0)) })
    let next = try #require(bench.next())
    #expect(next.entries[0].tokens == [5] && next.entries[0].startPosition == 6)
    try complete(bench, next, [6])
    #expect(try #require(bench.next()).entries[0].startPosition == 7)
  }

  @Test("An entry that cuts into a page names no page that is left, and one that cuts it off names it again")
  func pages() throws {
    let bench = SchedulerBench(budget: 200, chunk: 100)
    try bench.submit(1, prompt: 62, new: 20)
    try bench.complete(#require(bench.next()))
    bench.scheduler.propose([1, 2, 3, 4], for: Self.a)
    let step = try #require(bench.next())
    let second = try #require(step.entries[0].newPages.first)
    try complete(bench, step, [9, 0, 0, 0, 0])
    bench.scheduler.propose([1, 2], for: Self.a)
    let again = try #require(bench.next())
    #expect(again.entries[0].startPosition == 63 && again.entries[0].newPages == [second])
    try complete(bench, again, [1, 2, 3])
    #expect(try #require(bench.next()).entries[0].newPages.isEmpty)
    #expect(bench.scheduler.counts.usedPageCount == 2, "drafts reserve nothing")
  }

  @Test("A stop token or the limit ends the sequence inside a draft")
  func ends() throws {
    let stopped = try decoding(stop: [9])
    stopped.scheduler.propose([8, 9, 10], for: Self.a)
    let step = try #require(stopped.next())
    #expect(
      try complete(stopped, step, [8, 9, 10, 11]) == [.token(Self.a, SampledToken(8)), .finished(Self.a, .stop)])
    let limited = try decoding(new: 3)
    limited.scheduler.propose([8, 9, 10, 11], for: Self.a)
    let last = try #require(limited.next())
    #expect(last.entries[0].tokens == [7, 8], "what follows the last token is not sampled")
    #expect(
      try complete(limited, last, [8, 9]) == [
        .token(Self.a, SampledToken(8)), .token(Self.a, SampledToken(9)), .finished(Self.a, .length),
      ])
    #expect(limited.scheduler.counts.usedPageCount == 0)
  }

  @Test("Drafts take only what every decode and every prompt leaves of a step")
  func budget() throws {
    let bench = try decoding(budget: 6)
    try bench.submit(2, prompt: 30, new: 1)
    bench.scheduler.propose([1, 2, 3, 4, 5, 6, 7], for: Self.a)
    let step = try #require(bench.next())
    #expect(step.entries.map(\.tokens.count) == [5, 1])
  }

  @Test("Only a sequence that waits for its next decode takes a draft")
  func ignored() throws {
    let bench = SchedulerBench(stages: 2)
    try bench.submit(1, prompt: 4, new: 9)
    bench.scheduler.propose([1], for: Self.a)
    bench.scheduler.propose([1], for: Self.b)
    let prefill = try #require(bench.next())
    #expect(prefill.entries[0].tokens.count == 4)
    bench.scheduler.propose([1], for: Self.a)
    try bench.complete(prefill)
    #expect(try #require(bench.next()).entries[0].tokens == [7])
  }

  @Test("A step that is lost loses its draft; the sequence resumes where its sampled tokens end")
  func lost() throws {
    let bench = try decoding()
    bench.scheduler.propose([8, 9], for: Self.a)
    try complete(bench, #require(bench.next()), [8, 1, 1])
    bench.scheduler.propose([2, 3], for: Self.a)
    _ = bench.next()
    bench.scheduler.suspend(after: .workerLost)
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, length in
      #expect(length == 6, "4 prompt tokens, 7 and the drafted 8")
      return StageSet([1])
    }
    let replay = try #require(bench.next())
    #expect(replay.resumes.map(\.length) == [6])
    #expect(replay.entries[0].tokens == [0, 1, 2, 3] && replay.entries[0].rebuilding == StageSet([1]))
    #expect(try #require(bench.next()).entries[0].tokens == [7, 8])
    #expect(try #require(bench.next()).entries[0].tokens == [1])
  }

  @Test("A list of another length than was asked for is refused and changes nothing")
  func hostile() throws {
    let bench = try decoding()
    bench.scheduler.propose([8, 9], for: Self.a)
    let step = try #require(bench.next())
    #expect(throws: CompletionError.missingToken(Self.a, step: step.step)) { try complete(bench, step, [8, 9]) }
    #expect(throws: CompletionError.unaskedToken(Self.a, step: step.step)) { try complete(bench, step, [8, 9, 1, 2]) }
    #expect(try complete(bench, step, [8, 9, 1]).count == 3)
  }
}
