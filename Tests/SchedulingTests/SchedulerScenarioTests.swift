import Core
import Testing

@testable import Scheduling

/// Small stories of requests that run, one rule each.
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
    #expect(!first.entries[0].shouldSample)
    #expect(bench.next() == nil, "one stage, one step in flight")
    #expect(try bench.complete(first) == [.prefillProgress(Self.a, done: 8, total: 11)])

    let second = try #require(bench.next())
    #expect(second.entries[0].startPosition == 8)
    #expect(second.entries[0].tokens == [8, 9, 10])
    #expect(second.entries[0].shouldSample)
    #expect(second.entries[0].opening == nil)
    #expect(second.entries[0].newPages.isEmpty)
    #expect(
      try bench.complete(second) == [
        .prefillProgress(Self.a, done: 11, total: 11), .token(Self.a, SampledToken(7)),
      ])

    let third = try #require(bench.next())
    #expect(third.entries[0].tokens == [7])
    #expect(third.entries[0].startPosition == 11)
    #expect(third.decodeCount == 1)
    #expect(try bench.complete(third, token: 9) == [.token(Self.a, SampledToken(9)), .finished(Self.a, .length)])

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

  @Test("No new tokens wanted: the prompt is read, nothing is sampled, the logits are asked for once")
  func promptOnly() throws {
    let bench = SchedulerBench()
    try bench.submit(1, prompt: 10, new: 0, wantsLogits: true)
    let first = try #require(bench.next())
    #expect(!first.entries[0].wantsLogits)
    try bench.complete(first)
    let second = try #require(bench.next())
    #expect(second.entries[0].wantsLogits)
    #expect(!second.entries[0].shouldSample)
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
          if let first = entry.output.scoresFrom {
            scored += first..<first + entry.scoreCount
            #expect(entry.output.followingToken == (end < 11 ? TokenID(end) : nil))
          } else {
            #expect(entry.output.followingToken == nil)
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

  @Test("A decode goes before another sequence's long prompt, in every step")
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

  @Test("A paused sequence is prefilled, samples one token and waits on its pages; the others decode")
  func paused() throws {
    let bench = SchedulerBench()
    try bench.submit(1, prompt: 3, new: 9, paused: true)
    try bench.submit(2, prompt: 3, new: 9)
    try bench.submit(3, prompt: 3, new: 9)
    bench.scheduler.setPaused(true, SequenceID(3))
    let prompts = try #require(bench.next())
    #expect(prompts.entries.count == 3)
    try bench.complete(prompts)
    func decoded() throws -> [SequenceID] {
      let step = try #require(bench.next())
      try bench.complete(step)
      return step.entries.map(\.sequence)
    }
    #expect(try decoded() == [Self.b])
    bench.scheduler.setPaused(false, Self.a)
    bench.scheduler.setPaused(true, Self.b)
    #expect(try decoded() == [Self.a])
    bench.scheduler.setPaused(true, Self.a)
    bench.scheduler.setPaused(true, SequenceID(99))
    #expect(bench.next() == nil, "all are paused")
    #expect(bench.scheduler.counts.usedPageCount == 3)
    bench.scheduler.setPaused(false, SequenceID(3))
    #expect(try decoded() == [SequenceID(3)])
    try bench.scheduler.checkIntegrity()
  }
}
