import Inference
import Testing

@testable import Scheduling

/// Small stories, one rule each.
struct SchedulerScenarioTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)

  @Test("A prompt is read in chunks, then tokens come one a step until the limit")
  func lifeOfARequest() throws {
    let bench = SchedulerBench()
    try bench.submit(1, prompt: 11, new: 2)

    let first = try #require(bench.next())
    #expect(first.entries.map(\.tokens.count) == [8])
    #expect(first.entries[0].opening != nil)
    #expect(first.entries[0].newPages.count == 1)
    #expect(!first.entries[0].samples)
    #expect(bench.next() == nil, "one stage, one step in flight")
    #expect(try bench.complete(first) == [.prefillProgress(Self.a, done: 8, total: 11)])

    let second = try #require(bench.next())
    #expect(second.entries[0].startPosition == 8)
    #expect(second.entries[0].tokens == [8, 9, 10])
    #expect(second.entries[0].samples)
    #expect(second.entries[0].opening == nil)
    #expect(second.entries[0].newPages.isEmpty)
    #expect(
      try bench.complete(second) == [
        .prefillProgress(Self.a, done: 11, total: 11), .token(Self.a, 7),
      ])

    let third = try #require(bench.next())
    #expect(third.entries[0].tokens == [7])
    #expect(third.entries[0].startPosition == 11)
    #expect(!third.entries[0].isPrompt)
    #expect(try bench.complete(third, token: 9) == [.token(Self.a, 9), .finished(Self.a, .length)])

    let release = try #require(bench.next())
    #expect(release.entries.isEmpty)
    #expect(release.releases == [Self.a])
    #expect(!bench.scheduler.isIdle)
    #expect(try bench.complete(release).isEmpty)
    #expect(bench.scheduler.isIdle)
    #expect(bench.next() == nil)
    try bench.scheduler.checkIntegrity()
  }

  @Test("A stop token ends the sequence and is not emitted")
  func stopToken() throws {
    let bench = SchedulerBench()
    try bench.submit(1, prompt: 3, new: 5, stop: [7])
    let step = try #require(bench.next())
    #expect(
      try bench.complete(step) == [
        .prefillProgress(Self.a, done: 3, total: 3), .finished(Self.a, .stop),
      ])
    #expect(bench.scheduler.counts.usedPageCount == 0)
  }

  @Test("No new tokens wanted: the prompt is read, nothing is drawn, the logits are asked for once")
  func promptOnly() throws {
    let bench = SchedulerBench()
    try bench.submit(1, prompt: 10, new: 0, wantsLogits: true)
    let first = try #require(bench.next())
    #expect(!first.entries[0].wantsLogits)
    try bench.complete(first)
    let second = try #require(bench.next())
    #expect(second.entries[0].wantsLogits)
    #expect(!second.entries[0].samples)
    #expect(
      try bench.complete(second) == [
        .prefillProgress(Self.a, done: 10, total: 10), .finished(Self.a, .length),
      ])
  }

  @Test("Every prompt token from the wanted one on is scored by exactly one chunk")
  func scoring() throws {
    for from in 1...12 {
      let bench = SchedulerBench(chunk: 4)
      try bench.submit(1, prompt: 11, new: 0, scoresFrom: from)
      var scored: [Int] = []
      while let step = bench.next() {
        for entry in step.entries {
          let end = entry.startPosition + entry.tokens.count
          if let first = entry.scoresFrom {
            scored += first..<first + entry.scoreCount
            #expect(entry.followingToken == (end < 11 ? TokenID(end) : nil))
          } else {
            #expect(entry.followingToken == nil)
          }
        }
        try bench.complete(step)
      }
      #expect(scored == Array(from..<max(from, 11)))
    }
  }

  @Test("Chunks of one prompt fill the pipeline, one a step, one step more than there are stages")
  func pipelinedPrompt() throws {
    let bench = SchedulerBench(stages: 3, budget: 8, chunk: 8)
    try bench.submit(1, prompt: 100, new: 1)
    let plans = bench.allNext()
    #expect(plans.map { $0.entries[0].startPosition } == [0, 8, 16, 24])
    try bench.complete(plans[0])
    #expect(bench.next()?.entries[0].startPosition == 32)
    #expect(bench.next() == nil)
  }

  @Test("The older prompt takes its chunk first, the younger what is left of the budget")
  func promptsInOrder() throws {
    let bench = SchedulerBench(budget: 12, chunk: 8)
    try bench.submit(1, prompt: 20, new: 1)
    try bench.submit(2, prompt: 20, new: 1)
    let step = try #require(bench.next())
    #expect(step.entries.map(\.sequence) == [Self.a, Self.b])
    #expect(step.entries.map(\.tokens.count) == [8, 4])
  }

  @Test("A decode goes before somebody's long prompt, in every step")
  func decodeBeforePrompt() throws {
    let bench = SchedulerBench(budget: 8, chunk: 8)
    try bench.submit(1, prompt: 4, new: 4)
    try bench.complete(#require(bench.next()))
    try bench.submit(2, prompt: 100, new: 1)
    for _ in 0..<3 {
      let step = try #require(bench.next())
      #expect(step.entries.map(\.sequence) == [Self.a, Self.b])
      #expect(step.entries.map(\.tokens.count) == [1, 7])
      try bench.complete(step)
    }
  }

  @Test("Decodes are spread over as many steps as there are stages, and stay so")
  func spread() throws {
    let bench = SchedulerBench(stages: 4, budget: 64)
    for id in 1...8 { try bench.submit(UInt64(id), prompt: 2, new: 20) }
    try bench.complete(#require(bench.next()))
    var flying = bench.allNext()
    #expect(flying.map(\.entries.count) == [2, 2, 2, 2])
    for _ in 0..<20 {
      try bench.complete(flying.removeFirst())
      flying += bench.allNext()
      #expect(flying.map(\.entries.count) == [2, 2, 2, 2])
    }
  }

  @Test("Shares mend when sequences end, rather than break into crumbs")
  func sharesMend() throws {
    let bench = SchedulerBench(stages: 2, budget: 64)
    for id in 1...5 { try bench.submit(UInt64(id), prompt: 2, new: 100) }
    try bench.complete(#require(bench.next()))
    var flying = bench.allNext()
    #expect(flying.map(\.entries.count) == [3, 2])
    bench.scheduler.cancel(SequenceID(5))
    for _ in 0..<4 {
      try bench.complete(flying.removeFirst())
      flying += bench.allNext()
      #expect(flying.count <= 2)
    }
    #expect(flying.map(\.entries.count) == [2, 2])
  }

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

  @Test("A step that a stage could not compute takes its own sequences along, and its releases are announced again")
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
    expect(.unknownSequence(SequenceID(9), step: step.step), step.step, [good, .init(sequence: SequenceID(9), token: 1)])
    expect(.unaskedToken(Self.b, step: step.step), step.step, [good, .init(sequence: Self.b, token: 1)])
    #expect(try bench.complete(step: step.step, entries: [good]).count == 3)
  }
}
