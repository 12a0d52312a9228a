import Core
import Paging
import Testing

@testable import Scheduling

/// Small stories of refusals, cancels and failures, one rule each.
struct SchedulerEndingTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)

  @Test("A cancelled sequence keeps its pages until its steps are completed, and then is released")
  func cancelInFlight() throws {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 8)
    try bench.submit(1, prompt: 100, new: 1)
    let plans = [bench.next(), bench.next()].compactMap { $0 }
    bench.scheduler.cancel(Self.a)
    #expect(bench.next() == nil)
    #expect(try bench.complete(plans[0]).isEmpty)
    #expect(bench.scheduler.counts.usedPageCount == 2)
    #expect(try bench.complete(plans[1]).isEmpty)
    #expect(bench.scheduler.counts.usedPageCount == 0)
    #expect(bench.next()?.releases == [Self.a])
  }

  @Test("Cancelling what waits, what was never sent and what is unknown leaves nothing behind")
  func cancelEarly() throws {
    let bench = SchedulerBench(running: 1)
    try bench.submit(1, prompt: 10, new: 1)
    try bench.submit(2, prompt: 10, new: 1)
    bench.scheduler.cancel(Self.b)
    bench.scheduler.cancel(Self.a)
    bench.scheduler.cancel(SequenceID(99))
    #expect(bench.scheduler.isIdle)
    #expect(bench.next() == nil)
  }

  @Test("The head of the line is not overtaken by a request that would fit")
  func lineOrder() throws {
    let bench = SchedulerBench(budget: 64, chunk: 64, pages: 4)
    try bench.submit(1, prompt: 64, new: 128)
    try bench.submit(2, prompt: 64, new: 64, now: .seconds(1))
    try bench.submit(3, prompt: 1, new: 1, now: .seconds(2))
    #expect(try #require(bench.next()).entries.map(\.sequence) == [Self.a])
    #expect(bench.scheduler.counts.waitingCount == 2)
    #expect(bench.scheduler.waiting.longestWait(now: .seconds(5)) == .seconds(4))
  }

  @Test("What can never run, and what is one too many, is refused with its numbers")
  func refusals() throws {
    let bench = SchedulerBench(running: 1, waiting: 1, pages: 4, context: 512)
    #expect(throws: EngineError.contextExceeded(length: 513, contextLength: 512)) {
      try bench.submit(1, prompt: 512, new: 1)
    }
    #expect(throws: EngineError.contextExceeded(length: .max, contextLength: 512)) {
      try bench.submit(1, prompt: 1, new: .max)
    }
    #expect(throws: EngineError.neverFits(neededPageCount: 5, pageCount: 4)) {
      try bench.submit(1, prompt: 257, new: 0)
    }
    try bench.submit(1, prompt: 10, new: 1)
    #expect(throws: EngineError.overloaded(limit: 1)) {
      try bench.submit(2, prompt: 10, new: 1)
    }
  }

  @Test("A grouping policy reserves its ring and announces it once")
  func neighborPages() throws {
    let bench = SchedulerBench(budget: 64, chunk: 64)
    let policy = try #require(PositionPolicy(groupSize: 4, neighborWindow: 128, trainedLength: 512))
    let ring = PageCount.ofRing(policy: policy, chunkTokenCount: 64)
    try #require(ring > 0)
    try bench.scheduler.submit(SchedulerBench.request(1, prompt: 100, new: 28, policy: policy), now: .zero)
    let first = try #require(bench.next())
    #expect(first.entries[0].opening?.neighborPages.count == ring)
    #expect(bench.scheduler.counts.usedPageCount == 2 + ring)
    try bench.complete(first)
    #expect(bench.next()?.entries[0].opening == nil)
  }

  @Test("A lost stage fails everybody, frees all pages and disowns the steps in flight")
  func failAll() throws {
    let bench = SchedulerBench(stages: 2, running: 1)
    for id in [2, 1, 3] { try bench.submit(UInt64(id), prompt: 100, new: 1) }
    let step = try #require(bench.next())
    #expect(bench.scheduler.failAll() == [SequenceID(1), SequenceID(2), SequenceID(3)])
    #expect(bench.scheduler.isIdle)
    try bench.scheduler.checkIntegrity()
    #expect(throws: CompletionError.unexpectedStep(step: step.step, expected: nil)) {
      try bench.complete(step)
    }
    try bench.submit(4, prompt: 1, new: 1)
    #expect(try #require(bench.next()).step == 1, "numbers count from 1 under the next epoch")
  }

  @Test("A sequence that a stage could not continue ends alone; the other stages release it")
  func failedSequence() throws {
    let bench = SchedulerBench(stages: 2, budget: 16, chunk: 8)
    try bench.submit(1, prompt: 4, new: 9)
    try bench.submit(2, prompt: 4, new: 9)
    let step = try #require(bench.next())
    let updates = try bench.scheduler.complete(
      StepCompletion(
        step: step.step, entries: [.init(sequence: Self.b, sampled: [SampledToken(5)])], failed: [Self.a: "no page"]))
    #expect(updates.first == .failed(Self.a, reason: "no page"))
    #expect(updates.contains(.token(Self.b, SampledToken(5))))
    let next = try #require(bench.next())
    #expect(next.releases == [Self.a])
    #expect(next.entries.map(\.sequence) == [Self.b])
  }

  @Test("After a loss everything is computed again from the tokens, and nothing is reported or scored twice")
  func rewound() throws {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 4)
    try bench.submit(1, prompt: 6, new: 9, scoresFrom: 1, wantsLogits: true)
    let first = try #require(bench.next())
    #expect(first.entries[0].output.scoresFrom == 1 && first.entries[0].output.followingToken != nil)
    try bench.complete(first)
    _ = bench.next()
    #expect(bench.scheduler.loseAll().lost.isEmpty)
    let again = try #require(bench.next())
    #expect(again.entries[0].startPosition == 0 && again.entries[0].opening?.promptTokenCount == 6)
    #expect(again.entries[0].output.scoresFrom == nil, "scored before")
    #expect(try bench.complete(again).isEmpty, "reported before")
    let rest = try #require(bench.next())
    #expect(rest.entries[0].output.scoresFrom == 5 && rest.entries[0].wantsLogits && rest.entries[0].shouldSample)
    #expect(try bench.complete(rest).contains(.prefillProgress(Self.a, done: 6, total: 6)))
    let decode = try #require(bench.next())
    #expect(decode.entries[0].startPosition == 6)
    try bench.complete(decode)
    #expect(bench.scheduler.loseAll().lost.isEmpty)
    var read: [Int] = []
    while let step = bench.next(), !step.chunks.isEmpty {
      #expect(!step.entries[0].wantsLogits && step.entries[0].output.scoresFrom == nil)
      read.append(step.entries[0].tokens.count)
      let updates = try bench.complete(step)
      #expect(updates.isEmpty == !step.entries[0].shouldSample)
    }
    #expect(read == [4, 2, 2], "no entry holds prompt and sampled tokens")
  }

  @Test("What all stages have had is kept; those that lost it read it again, and nothing is sampled or reported of it")
  func resumed() throws {
    let bench = SchedulerBench(stages: 3, budget: 8, chunk: 4)
    try bench.submit(1, prompt: 6, new: 9)
    let first = try #require(bench.next())
    let second = try #require(bench.next())
    try bench.complete(first)
    try bench.complete(second)
    let decode = try #require(bench.next())
    #expect(decode.entries[0].startPosition == 6)
    bench.scheduler.suspend(after: .workerLost)
    let lost = StageSet([1])
    let report = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { id, length in
      #expect(id == Self.a && length == 6, "the token in flight is not among them")
      return lost
    }
    #expect(report.replayedTokenCount == 6 && report.replayedSequenceCount == 1 && report.rereadTokenCount == 0)
    let replay = try #require(bench.next())
    #expect(replay.step == 1)
    #expect(replay.resumes == [ResumedSequence(sequence: Self.a, length: 6, rebuilding: lost)])
    #expect(replay.entries[0].rebuilding == lost && replay.entries[0].opening != nil)
    #expect(replay.entries[0].newPages == first.entries[0].newPages, "on the pages it has")
    let rest = try #require(bench.next())
    #expect(rest.entries[0].startPosition == 4 && rest.entries[0].tokens.count == 2 && !rest.entries[0].shouldSample)
    let again = try #require(bench.next())
    #expect(again.entries[0].tokens == decode.entries[0].tokens && again.entries[0].rebuilding.isEmpty)
    #expect(again.entries[0].shouldSample && again.resumes.isEmpty)
    #expect(try bench.complete(replay).isEmpty && bench.complete(rest).isEmpty, "nothing is reported again")
    #expect(try bench.complete(again).count == 1)
    // A loss in the middle of a replay goes on from where all had it before.
    bench.scheduler.suspend(after: .workerLost)
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in lost }
    try bench.complete(try #require(bench.next()))
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, length in
      #expect(length == 7)
      return StageSet()
    }
    let kept = try #require(bench.next())
    #expect(kept.entries[0].startPosition == 7 && kept.entries[0].rebuilding.isEmpty && kept.resumes.count == 1)
  }

  @Test("Stages that hold only what has ended release it by a step without entries")
  func cleared() throws {
    let bench = SchedulerBench(stages: 2)
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in StageSet() }
    #expect(!bench.scheduler.isIdle)
    let step = try #require(bench.next())
    #expect(step.step == 1 && step.entries.isEmpty && step.resumes.isEmpty)
    try bench.complete(step)
    #expect(bench.next() == nil && bench.scheduler.isIdle)
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: false) { _, _ in StageSet() }
    #expect(bench.next() == nil)
  }

  @Test("A result that is not the due step's is refused and changes nothing")
  func hostileResults() throws {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 4)
    try bench.submit(1, prompt: 4, new: 4)
    try bench.submit(2, prompt: 100, new: 4)
    let step = try #require(bench.next())
    let later = try #require(bench.next())
    func expect(_ error: CompletionError, _ number: UInt64, _ entries: [StepCompletion.Entry]) {
      #expect(throws: error) { try bench.complete(step: number, entries: entries) }
    }
    let good = StepCompletion.Entry(sequence: Self.a, sampled: [SampledToken(5)])
    expect(.unexpectedStep(step: later.step, expected: step.step), later.step, [])
    expect(.missingToken(Self.a, step: step.step), step.step, [])
    expect(.missingToken(Self.a, step: step.step), step.step, [.init(sequence: Self.a, sampled: [])])
    expect(.doubledSequence(Self.a, step: step.step), step.step, [good, good])
    expect(
      .unknownSequence(SequenceID(9), step: step.step), step.step,
      [good, .init(sequence: SequenceID(9), sampled: [SampledToken(1)])])
    expect(
      .unaskedToken(Self.b, step: step.step), step.step, [good, .init(sequence: Self.b, sampled: [SampledToken(1)])])
    #expect(try bench.complete(step: step.step, entries: [good]).count == 3)
  }
}
