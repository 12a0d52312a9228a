import Core
import Testing

@testable import Scheduling

/// Small stories of sequences that open on pages which others computed, one rule each.
struct SchedulerPrefixTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)
  private static let grouped = SelfExtendPolicy(groupSize: 2, neighborWindow: 64, trainedLength: 512)

  /// A sequence whose prompt has been computed and whose full pages are kept.
  private func keeping(
    prompt: Int = 200, pages: Int = 20, waiting: Int = 8
  ) throws -> (bench: SchedulerBench, prefix: PrefixID) {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 512, waiting: waiting, pages: pages)
    try bench.submit(1, prompt: prompt, new: 20)
    try bench.complete(#require(bench.next()))
    let prefix = bench.scheduler.keepPrefix(of: Self.a)
    return (bench, try #require(prefix))
  }

  @Test("A request opens on the pages that its prompt begins with, which are held until the last holder ends")
  func opens() throws {
    let (bench, prefix) = try keeping()
    let kept = try #require(bench.scheduler.prefix(prefix))
    #expect(kept.pages.count == 3 && kept.tokens == (0..<192).map { TokenID($0) })
    #expect(bench.scheduler.counts.usedPageCount == 4)
    try bench.scheduler.submit(SchedulerBench.request(2, prompt: 300, new: 1, prefix: prefix), now: .zero)
    let step = try #require(bench.next())
    let entry = try #require(step.chunks.first)
    #expect(entry.startPosition == 192 && entry.tokens.count == 108)
    #expect(entry.opening?.cachedPrefix == CachedPrefix(pages: kept.pages))
    #expect(entry.newPages.count == 2, "300 tokens have five pages, three of them are cached")
    #expect(bench.scheduler.counts.usedPageCount == 6)
    bench.scheduler.cancel(Self.a)
    #expect(bench.scheduler.counts.usedPageCount == 6, "a step of it is in flight")
    let updates = try bench.complete(step)
    #expect(updates.contains(.prefillProgress(Self.b, done: 300, total: 300)))
    #expect(updates.contains(.finished(Self.b, .length)))
    #expect(bench.scheduler.counts.usedPageCount == 3, "the prefix alone holds its pages")
    bench.scheduler.dropPrefix(prefix)
    bench.scheduler.dropPrefix(prefix)
    #expect(bench.scheduler.counts.usedPageCount == 0 && bench.scheduler.prefix(prefix) == nil)
    try bench.scheduler.checkIntegrity()
  }

  @Test("Only full pages of equal tokens under the same policy are shared, and one token is left to compute")
  func matches() throws {
    let (bench, prefix) = try keeping()
    let kept = try #require(bench.scheduler.prefix(prefix))
    func shared(_ request: ScheduledRequest) -> Int { kept.pages(for: request).count }
    #expect(shared(SchedulerBench.request(2, prompt: 193, new: 1)) == 3)
    #expect(shared(SchedulerBench.request(2, prompt: 192, new: 1)) == 2, "its last token is to be computed")
    #expect(shared(SchedulerBench.request(2, prompt: 64, new: 1)) == 0)
    #expect(shared(SchedulerBench.request(2, prompt: 193, new: 1, policy: try #require(Self.grouped))) == 0)
    #expect(shared(SchedulerBench.request(2, prompt: 193, new: 1, scoresFrom: 100)) == 1, "row 99 is to be scored")
    #expect(shared(SchedulerBench.request(2, prompt: 193, new: 1, pooling: .mean)) == 0)
    #expect(shared(SchedulerBench.request(2, prompt: 193, new: 1, pooling: .last)) == 3)
    var other = SchedulerBench.request(2, prompt: 193, new: 1).generation
    other.prompt[130] = 9
    #expect(shared(ScheduledRequest(other, sequence: Self.b, maximumNewTokens: 1, policy: kept.policy)) == 2)
  }

  @Test("Penalties get the tokens of the cached pages, too")
  func penalties() throws {
    let (bench, prefix) = try keeping()
    var generation = SchedulerBench.request(2, prompt: 193, new: 1).generation
    generation.sampling.repetitionPenalty = 1.1
    try bench.scheduler.submit(
      ScheduledRequest(
        generation, sequence: Self.b, maximumNewTokens: 1, policy: .plain(trainedLength: 4096), prefix: prefix),
      now: .zero)
    let entry = try #require(bench.next()?.chunks.first)
    #expect(entry.opening?.cachedPrefix?.tokens == (0..<192).map { TokenID($0) })
  }

  @Test("Nothing is kept of a sequence that has no full page, or whose lost pages are not computed again")
  func nothingToKeep() throws {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 64)
    try bench.submit(1, prompt: 130, new: 9)
    #expect(bench.scheduler.keepPrefix(of: Self.a) == nil, "it waits")
    let steps = bench.allNext()
    #expect(bench.scheduler.keepPrefix(of: Self.a) == nil, "nothing is computed")
    for step in steps { try bench.complete(step) }
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in StageSet([1]) }
    #expect(bench.scheduler.keepPrefix(of: Self.a) == nil)
    for step in bench.allNext() { try bench.complete(step) }
    #expect(
      bench.scheduler.keepPrefix(of: Self.a) == nil, "the replay is computed, but no result of all stages has come")
    for step in bench.allNext() { try bench.complete(step) }
    #expect(bench.scheduler.keepPrefix(of: Self.a) != nil)
    bench.scheduler.cancel(Self.a)
    #expect(bench.scheduler.keepPrefix(of: Self.a) == nil)
  }

  @Test("A request that needs pages goes before prefixes: they are dropped, oldest first, its own last")
  func dropped() throws {
    let (bench, first) = try keeping(pages: 10, waiting: 0)
    bench.scheduler.cancel(Self.a)
    try bench.scheduler.submit(SchedulerBench.request(2, prompt: 70, new: 1), now: .zero)
    try bench.complete(#require(bench.next()))
    try bench.submit(3, prompt: 70, new: 20)
    let third = try #require(bench.next())
    try bench.complete(third)
    let kept = bench.scheduler.keepPrefix(of: SequenceID(3))
    let second = try #require(kept)
    bench.scheduler.cancel(SequenceID(3))
    #expect(bench.scheduler.counts.usedPageCount == 4)
    // Eight pages, three of them the first prefix's; six are free.
    try bench.scheduler.submit(SchedulerBench.request(4, prompt: 500, new: 9, prefix: first), now: .zero)
    let step = try #require(bench.next())
    #expect(step.chunks.first?.startPosition == 192)
    #expect(bench.scheduler.prefix(first) != nil && bench.scheduler.prefix(second) != nil)
    try bench.complete(step)
    bench.scheduler.cancel(SequenceID(4))
    try bench.scheduler.submit(SchedulerBench.request(5, prompt: 639, new: 1, prefix: first), now: .zero)
    let fifth = try #require(bench.next())
    #expect(fifth.chunks.first?.startPosition == 192)
    #expect(bench.scheduler.prefix(first) != nil && bench.scheduler.prefix(second) == nil)
    try bench.complete(fifth)
    try bench.scheduler.submit(SchedulerBench.request(6, prompt: 639, new: 1), now: .zero)
    #expect(try #require(bench.next()).chunks.first?.startPosition == 0)
    #expect(bench.scheduler.prefix(first) == nil)
    try bench.scheduler.checkIntegrity()
  }

  @Test("A request does not drop the prefix it opens on for pages that are too few all the same")
  func keptForItsOwn() throws {
    let (bench, prefix) = try keeping(pages: 10)
    bench.scheduler.cancel(Self.a)
    try bench.submit(2, prompt: 300, new: 20)
    try bench.complete(#require(bench.next()))
    // Three pages are the prefix's, five the running sequence's, two are free; three are missing.
    try bench.scheduler.submit(SchedulerBench.request(3, prompt: 350, new: 20, prefix: prefix), now: .zero)
    try bench.complete(#require(bench.next()))
    #expect(bench.scheduler.prefix(prefix) != nil)
    bench.scheduler.cancel(Self.b)
    #expect(try #require(bench.next()).chunks.first?.startPosition == 192)
    try bench.scheduler.checkIntegrity()
  }

  @Test("A loss voids every prefix: a sequence that shares pages is computed again from its first token")
  func lost() throws {
    let (bench, prefix) = try keeping()
    try bench.scheduler.submit(SchedulerBench.request(2, prompt: 300, new: 9, prefix: prefix), now: .zero)
    try bench.complete(#require(bench.next()))
    try bench.scheduler.submit(SchedulerBench.request(3, prompt: 193, new: 9, prefix: prefix), now: .zero)
    bench.scheduler.suspend(after: .workerLost)
    #expect(bench.scheduler.prefix(prefix) == nil && bench.scheduler.counts.usedPageCount == 6)
    let report = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in StageSet([1]) }
    #expect(report.replayedTokenCount == 501 && report.replayedSequenceCount == 2)
    let step = try #require(bench.next())
    #expect(step.chunks.map(\.sequence) == [Self.a, Self.b, SequenceID(3)])
    #expect(step.chunks.allSatisfy { $0.startPosition == 0 && $0.opening?.cachedPrefix == nil })
    #expect(step.chunks.dropFirst().first?.newPages.prefix(3) == step.chunks.first?.newPages.prefix(3))
    #expect(step.chunks.map(\.rebuilding) == [StageSet([1]), StageSet([1]), StageSet()])
    try bench.scheduler.checkIntegrity()
  }

  @Test("Under a plan with other pages sequences still share theirs")
  func restarted() throws {
    let (bench, prefix) = try keeping()
    try bench.scheduler.submit(SchedulerBench.request(2, prompt: 300, new: 9, prefix: prefix), now: .zero)
    try bench.complete(#require(bench.next()))
    let old = bench.scheduler.limits
    let fewer = SchedulerLimits(
      stageCount: 1, stepTokenBudget: old.stepTokenBudget, chunkTokenCount: old.chunkTokenCount,
      maximumRunningSequences: 8, maximumWaitingRequests: 8, pageCount: 6, contextLength: old.contextLength)
    let report = bench.scheduler.resume(limits: fewer, stagesHold: false) { _, _ in StageSet([0]) }
    #expect(report.lost.isEmpty && report.rereadSequenceCount == 2)
    #expect(bench.scheduler.counts.usedPageCount == 6)
    let step = try #require(bench.next())
    #expect(step.chunks.allSatisfy { $0.startPosition == 0 && $0.opening != nil })
    try bench.scheduler.checkIntegrity()
  }

  @Test("Pooled prompts ask for each chunk's share once, and the last row only at the end")
  func pooled() throws {
    for pooling in Pooling.allCases {
      let bench = SchedulerBench(stages: 2, budget: 8, chunk: 4)
      try bench.scheduler.submit(SchedulerBench.request(1, prompt: 10, new: 0, pooling: pooling), now: .zero)
      let first = try #require(bench.next())
      #expect(first.entries[0].output.pooling == (pooling == .mean ? .mean : nil))
      try bench.complete(first)
      _ = bench.next()
      _ = bench.scheduler.loseAll()
      var pooled: [Range<Int>] = []
      while let step = bench.next() {
        let entry = step.entries.first
        if let entry, entry.output.pooling != nil { pooled.append(entry.startPosition..<entry.endPosition) }
        try bench.complete(step)
      }
      #expect(pooled == (pooling == .mean ? [4..<8, 8..<10] : [8..<10]))
    }
  }

  @Test("A step asks for no more rows of logits than it may, and each prompt gets its own")
  func logits() throws {
    var scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: 1, stepTokenBudget: 100, chunkTokenCount: 50, maximumRunningSequences: 8,
        maximumWaitingRequests: 8, pageCount: 100, contextLength: 4096, maximumLogitsRows: 2))
    for id in 1...5 {
      try scheduler.submit(SchedulerBench.request(UInt64(id), prompt: 3, new: 0, wantsLogits: true), now: .zero)
    }
    var rows: [Int] = []
    while let step = scheduler.nextStep() {
      rows.append(step.entries.reduce(0) { $0 + $1.output.logitsRows.count })
      _ = try scheduler.complete(
        StepCompletion(step: step.step, entries: step.entries.map { .init(sequence: $0.sequence, sampled: []) }))
    }
    #expect(rows.filter { $0 > 0 } == [2, 2, 1])
  }
}
