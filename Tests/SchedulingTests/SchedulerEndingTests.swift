import Inference
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
    #expect(bench.scheduler.longestWait(now: .seconds(5)) == .seconds(4))
  }

  @Test("What can never run, and what is one too many, is refused with its numbers")
  func refusals() throws {
    let bench = SchedulerBench(running: 1, waiting: 1, pages: 4, context: 512)
    #expect(throws: AdmissionError.emptyPrompt) {
      try bench.submit(1, prompt: 0, new: 1)
    }
    #expect(throws: AdmissionError.negativeNewTokenCount(-1)) {
      try bench.submit(1, prompt: 1, new: -1)
    }
    #expect(throws: AdmissionError.contextExceeded(length: 513, contextLength: 512)) {
      try bench.submit(1, prompt: 512, new: 1)
    }
    #expect(throws: AdmissionError.contextExceeded(length: .max, contextLength: 512)) {
      try bench.submit(1, prompt: 1, new: .max)
    }
    #expect(throws: AdmissionError.neverFits(neededPageCount: 5, pageCount: 4)) {
      try bench.submit(1, prompt: 257, new: 0)
    }
    #expect(throws: AdmissionError.scoresFromBelowOne(0)) {
      try bench.submit(1, prompt: 2, new: 0, scoresFrom: 0)
    }
    try bench.submit(1, prompt: 10, new: 1)
    #expect(throws: AdmissionError.overloaded(limit: 1)) {
      try bench.submit(2, prompt: 10, new: 1)
    }
  }

  @Test("A grouping policy reserves its ring and announces it once")
  func nearPages() throws {
    let bench = SchedulerBench(budget: 64, chunk: 64)
    var request = try SchedulerBench.request(1, prompt: 100, new: 28)
    request.policy = try #require(SelfExtendPolicy(groupSize: 4, neighborWindow: 128, trainedLength: 512))
    let ring = KVGeometry.nearPageCount(policy: request.policy, chunkTokenCount: 64)
    try #require(ring > 0)
    try bench.scheduler.submit(request, now: .zero)
    let first = try #require(bench.next())
    #expect(first.entries[0].opening?.nearPages.count == ring)
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
    #expect(try #require(bench.next()).step > step.step)
  }

  @Test(
    "A step that a stage could not compute ends its own sequences, and its releases come again"
  )
  func abandonedStep() throws {
    let bench = SchedulerBench(stages: 2, budget: 16, chunk: 8)
    try bench.submit(1, prompt: 4, new: 1)
    try bench.complete(#require(bench.next()))
    try bench.submit(2, prompt: 4, new: 9)
    let failing = try #require(bench.next())
    #expect(failing.releases == [Self.a])
    try bench.submit(3, prompt: 4, new: 9)
    let other = try #require(bench.next())
    #expect(try bench.scheduler.abandon(step: failing.step) == [Self.b])
    #expect(try bench.complete(other).count == 2)
    let next = try #require(bench.next())
    #expect(next.releases == [Self.a, Self.b])
    #expect(next.entries.map(\.sequence) == [SequenceID(3)])
    #expect(throws: CompletionError.self) { try bench.scheduler.abandon(step: failing.step) }
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
    let good = StepCompletion.Entry(sequence: Self.a, token: 5)
    expect(.unexpectedStep(step: later.step, expected: step.step), later.step, [])
    expect(.missingToken(Self.a, step: step.step), step.step, [])
    expect(.missingToken(Self.a, step: step.step), step.step, [.init(sequence: Self.a, token: nil)])
    expect(.doubledSequence(Self.a, step: step.step), step.step, [good, good])
    expect(
      .unknownSequence(SequenceID(9), step: step.step), step.step,
      [good, .init(sequence: SequenceID(9), token: 1)])
    expect(.unaskedToken(Self.b, step: step.step), step.step, [good, .init(sequence: Self.b, token: 1)])
    #expect(try bench.complete(step: step.step, entries: [good]).count == 3)
  }
}
