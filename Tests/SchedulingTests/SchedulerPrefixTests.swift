import Core
import Testing

@testable import Scheduling

/// Small stories of sequences that open on pages which others computed, one rule each.
struct SchedulerPrefixTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)
  private static let grouped = PositionPolicy(groupSize: 2, neighborWindow: 64, trainedLength: 512)

  private func bench(pages: Int = 20, waiting: Int = 8) -> SchedulerBench {
    SchedulerBench(stages: 2, budget: 600, chunk: 512, waiting: waiting, pages: pages)
  }

  /// A bench on which a sequence's prompt has been computed, whose full pages are kept.
  private func keeping(prompt: Int = 200, pages: Int = 20, waiting: Int = 8) throws -> SchedulerBench {
    let bench = bench(pages: pages, waiting: waiting)
    try bench.submit(SchedulerBench.request(1, prompt: prompt, new: 20, shares: true))
    try bench.complete(#require(bench.next()))
    return bench
  }

  /// Where the next step computes a request from: behind the pages that it opens on.
  private func start(of request: ScheduledRequest, on bench: SchedulerBench) throws -> Int? {
    try bench.submit(request)
    let step = try #require(bench.next())
    let entry = step.chunks.first { $0.sequence == request.sequence }
    try bench.complete(step)
    bench.scheduler.cancel(request.sequence)
    return entry?.startPosition
  }

  @Test("A request opens on the kept pages that its prompt begins with, which outlive every sequence")
  func opens() throws {
    let bench = try keeping()
    #expect(bench.scheduler.counts.usedPageCount == 4 && bench.scheduler.counts.keptPageCount == 0)
    try bench.submit(SchedulerBench.request(2, prompt: 300, new: 1, shares: true))
    let step = try #require(bench.next())
    let entry = try #require(step.chunks.first)
    #expect(entry.startPosition == 192 && entry.tokens.count == 108)
    #expect(entry.opening?.cachedPrefix?.pages.count == 3 && entry.opening?.cachedPrefix?.tokens == [])
    #expect(entry.newPages.count == 2, "300 tokens have five pages, three of them are cached")
    #expect(bench.scheduler.counts.usedPageCount == 6)
    bench.scheduler.cancel(Self.a)
    #expect(bench.scheduler.counts.usedPageCount == 6, "a step of it is in flight")
    let updates = try bench.complete(step)
    #expect(updates.contains(.prefillProgress(Self.b, done: 300, total: 300)))
    #expect(updates.contains(.finished(Self.b, .length)))
    #expect(bench.scheduler.counts.usedPageCount == 0, "no sequence runs")
    #expect(bench.scheduler.counts.keptPageCount == 4, "the longer prompt's full pages are kept")
    #expect(bench.scheduler.prefixTotals.hitTokenCount == 192 && bench.scheduler.prefixTotals.hitRequestCount == 1)
    #expect(bench.scheduler.prefixTotals.queriedTokenCount == 500)
    try bench.scheduler.checkIntegrity()
  }

  @Test("Only full pages of equal tokens are shared, and one token is left to compute")
  func matches() throws {
    func start(_ request: ScheduledRequest) throws -> Int? { try self.start(of: request, on: keeping()) }
    #expect(try start(SchedulerBench.request(2, prompt: 193, new: 1, shares: true)) == 192)
    #expect(try start(SchedulerBench.request(2, prompt: 192, new: 1, shares: true)) == 128, "its last token is due")
    #expect(try start(SchedulerBench.request(2, prompt: 64, new: 1, shares: true)) == 0)
    #expect(
      try start(SchedulerBench.request(2, prompt: 193, new: 1, scoresFrom: 100, shares: true)) == 64,
      "row 99 is to be scored")
    #expect(try start(SchedulerBench.request(2, prompt: 193, new: 1, shares: true, pooling: .mean)) == 0)
    #expect(try start(SchedulerBench.request(2, prompt: 193, new: 1, shares: true, pooling: .last)) == 192)
    var other = SchedulerBench.request(2, prompt: 193, new: 1).generation
    other.prompt[130] = 9
    let policy = PositionPolicy.plain(trainedLength: 4096)
    let request = ScheduledRequest(
      other, sequence: Self.b, maximumNewTokens: 1, policy: policy, scope: PrefixScope(policy: policy))
    #expect(try start(request) == 128)
  }

  @Test("Another tenant, another policy and a request that shares nothing compute all of their prompts")
  func scopes() throws {
    let grouped = try #require(Self.grouped)
    for request in [
      SchedulerBench.request(2, prompt: 193, new: 1, policy: grouped, shares: true),
      SchedulerBench.request(2, prompt: 193, new: 1, shares: true, tenant: Tenant(key: 1)),
      SchedulerBench.request(2, prompt: 193, new: 1, shares: true, tenant: Tenant(salt: "s")),
      SchedulerBench.request(2, prompt: 193, new: 1),
    ] {
      #expect(try start(of: request, on: keeping()) == 0)
    }
    let bench = bench()
    #expect(try start(of: SchedulerBench.request(1, prompt: 200, new: 1), on: bench) == 0)
    #expect(bench.scheduler.counts.keptPageCount == 0, "nothing of it is kept")
  }

  @Test("An answer is kept with its prompt, so that the next turn of a chat computes its new tokens only")
  func turns() throws {
    let bench = bench()
    try bench.submit(SchedulerBench.request(1, prompt: 100, new: 60, shares: true))
    while let step = bench.next() { try bench.complete(step, token: 7) }
    #expect(bench.scheduler.isIdle && bench.scheduler.counts.keptPageCount == 2)
    var next = SchedulerBench.request(2, prompt: 100, new: 1).generation
    next.prompt += Array(repeating: 7, count: 60) + [1, 2, 3]
    let policy = PositionPolicy.plain(trainedLength: 4096)
    try bench.submit(
      ScheduledRequest(
        next, sequence: Self.b, maximumNewTokens: 1, policy: policy, scope: PrefixScope(policy: policy)))
    let entry = try #require(bench.next()?.chunks.first)
    #expect(entry.startPosition == 128 && entry.tokens.count == 35)
  }

  @Test("Penalties get the tokens of the cached pages, too")
  func penalties() throws {
    let bench = try keeping()
    var generation = SchedulerBench.request(2, prompt: 193, new: 1).generation
    generation.sampling.repetitionPenalty = 1.1
    let policy = PositionPolicy.plain(trainedLength: 4096)
    try bench.submit(
      ScheduledRequest(
        generation, sequence: Self.b, maximumNewTokens: 1, policy: policy, scope: PrefixScope(policy: policy)))
    let entry = try #require(bench.next()?.chunks.first)
    #expect(entry.opening?.cachedPrefix?.tokens == (0..<192).map { TokenID($0) })
  }

  @Test("What a client left behind is kept as far as it is computed, but nothing of a sequence that a stage refused")
  func ends() throws {
    let left = SchedulerBench(stages: 1, budget: 80, chunk: 80, pages: 20)
    try left.submit(SchedulerBench.request(1, prompt: 300, new: 9, shares: true))
    try left.complete(#require(left.next()))
    left.scheduler.cancel(Self.a)
    #expect(left.scheduler.counts.keptPageCount == 1 && left.scheduler.counts.usedPageCount == 0)
    let failed = SchedulerBench(stages: 1, budget: 80, chunk: 80, pages: 20)
    try failed.submit(SchedulerBench.request(1, prompt: 300, new: 9, shares: true))
    try failed.complete(#require(failed.next()))
    let step = try #require(failed.next())
    _ = try failed.scheduler.complete(StepCompletion(step: step.step, entries: [], failed: [Self.a: "broken"]))
    #expect(failed.scheduler.counts.keptPageCount == 0 && failed.scheduler.counts.freePageCount == 20)
  }

  @Test("Nothing is kept of a sequence while a stage lacks what others have of it")
  func lacking() throws {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 64)
    try bench.submit(SchedulerBench.request(1, prompt: 130, new: 9, shares: true))
    for step in bench.allNext() { try bench.complete(step) }
    bench.scheduler.suspend(after: .workerLost)
    let suspended = bench.scheduler
    bench.scheduler.cancel(Self.a)
    #expect(bench.scheduler.counts.keptPageCount == 0, "its pages may be lost")
    bench.scheduler = suspended
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in StageSet([1]) }
    for step in bench.allNext() { try bench.complete(step) }
    let replayed = bench.scheduler
    bench.scheduler.cancel(Self.a)
    #expect(
      bench.scheduler.counts.keptPageCount == 0, "the replay is computed, but no result of all stages has come")
    bench.scheduler = replayed
    for step in bench.allNext() { try bench.complete(step) }
    bench.scheduler.cancel(Self.a)
    for step in bench.allNext() { try bench.complete(step) }
    #expect(bench.scheduler.counts.keptPageCount == 2)
  }

  @Test("A request that needs pages gets them from what was not used for longest, its own last")
  func evicted() throws {
    let bench = try keeping(pages: 10, waiting: 0)
    bench.scheduler.cancel(Self.a)
    // Three pages of one text are kept, and two of another, which is used last.
    var other = SchedulerBench.request(2, prompt: 140, new: 1).generation
    other.prompt[0] = 500
    let policy = PositionPolicy.plain(trainedLength: 4096)
    try bench.submit(
      ScheduledRequest(
        other, sequence: Self.b, maximumNewTokens: 1, policy: policy, scope: PrefixScope(policy: policy)))
    try bench.complete(#require(bench.next()))
    #expect(bench.scheduler.counts.keptPageCount == 5)
    // Six pages beside its own three, of which five are free.
    #expect(try start(of: SchedulerBench.request(3, prompt: 566, new: 9, shares: true), on: bench) == 192)
    #expect(bench.scheduler.prefixTotals.evictedPageCount == 1, "the other text's last page")
    try bench.scheduler.checkIntegrity()
    #expect(try start(of: SchedulerBench.request(4, prompt: 639, new: 1), on: bench) == 0, "all pages, and none shared")
    #expect(bench.scheduler.counts.freePageCount == 10)
    try bench.scheduler.checkIntegrity()
  }

  @Test("A request that waits evicts nothing until it can run")
  func keptWhileWaiting() throws {
    let bench = try keeping(pages: 10)
    bench.scheduler.cancel(Self.a)
    try bench.submit(SchedulerBench.request(2, prompt: 300, new: 20))
    try bench.complete(#require(bench.next()))
    // Three pages are kept, five the running sequence's, two are free; three are missing.
    try bench.submit(SchedulerBench.request(3, prompt: 350, new: 20, shares: true))
    try bench.complete(#require(bench.next()))
    #expect(bench.scheduler.counts.keptPageCount == 3)
    bench.scheduler.cancel(Self.b)
    #expect(try #require(bench.next()).chunks.first?.startPosition == 192)
    try bench.scheduler.checkIntegrity()
  }

  @Test("A loss voids all that is kept: a sequence that shares pages is computed again from its first token")
  func lost() throws {
    let bench = try keeping()
    try bench.submit(SchedulerBench.request(2, prompt: 300, new: 9, shares: true))
    try bench.complete(#require(bench.next()))
    try bench.submit(SchedulerBench.request(3, prompt: 193, new: 9))
    bench.scheduler.suspend(after: .workerLost)
    #expect(bench.scheduler.counts.keptPageCount == 0 && bench.scheduler.counts.usedPageCount == 6)
    let report = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in StageSet([1]) }
    #expect(report.replayedTokenCount == 501 && report.replayedSequenceCount == 2)
    let step = try #require(bench.next())
    #expect(step.chunks.map(\.sequence) == [Self.a, Self.b, SequenceID(3)])
    #expect(step.chunks.allSatisfy { $0.startPosition == 0 && $0.opening?.cachedPrefix == nil })
    #expect(step.chunks.dropFirst().first?.newPages.prefix(3) == step.chunks.first?.newPages.prefix(3))
    #expect(step.chunks.map(\.rebuilding) == [StageSet([1]), StageSet([1]), StageSet()])
    try bench.scheduler.checkIntegrity()
  }

  // MARK: Prompts that come at once

  @Test("Of two equal prompts that come at once the second waits for the first's pages, and computes what is left")
  func together() throws {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 128, pages: 20)
    for id in UInt64(1)...2 { try bench.submit(SchedulerBench.request(id, prompt: 300, new: 2, shares: true)) }
    var starts: [SequenceID: [Range<Int>]] = [:]
    while let step = bench.next() {
      for entry in step.chunks { starts[entry.sequence, default: []].append(entry.startPosition..<entry.endPosition) }
      try bench.complete(step)
      try bench.scheduler.checkIntegrity()
    }
    #expect(starts == [Self.a: [0..<128, 128..<256, 256..<300], Self.b: [256..<300]])
    #expect(bench.scheduler.prefixTotals.hitTokenCount == 256 && bench.scheduler.prefixTotals.hitRequestCount == 1)
    #expect(bench.scheduler.isIdle && bench.scheduler.counts.keptPageCount == 4)
  }

  @Test("It waits only for pages that both begin with, and no longer than until they are there")
  func partly() throws {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 128, pages: 20)
    try bench.submit(SchedulerBench.request(1, prompt: 300, new: 2, shares: true))
    var other = SchedulerBench.request(2, prompt: 300, new: 2).generation
    other.prompt[70] = 9999
    let policy = PositionPolicy.plain(trainedLength: 4096)
    try bench.submit(
      ScheduledRequest(
        other, sequence: Self.b, maximumNewTokens: 2, policy: policy, scope: PrefixScope(policy: policy)))
    let first = try #require(bench.next())
    #expect(first.chunks.map(\.sequence) == [Self.a])
    try bench.complete(first)
    let second = try #require(bench.next())
    #expect(second.chunks.map(\.sequence) == [Self.a, Self.b])
    #expect(second.chunks.last?.startPosition == 64 && second.chunks.last?.opening?.cachedPrefix?.pages.count == 1)
  }

  @Test("It waits for no sequence that is gone, of another tenant, or that shares less than a page")
  func leaders() throws {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 128, pages: 40)
    try bench.submit(SchedulerBench.request(1, prompt: 300, new: 2, shares: true))
    try bench.submit(SchedulerBench.request(2, prompt: 300, new: 2, shares: true))
    let first = try #require(bench.next())
    bench.scheduler.cancel(Self.a)
    #expect(bench.next()?.chunks.map(\.sequence) == [Self.b], "its leader has ended")
    try bench.complete(first)
    for other in [
      SchedulerBench.request(2, prompt: 300, new: 2, shares: true, tenant: Tenant(key: 1)),
      SchedulerBench.request(2, prompt: 60, new: 2, shares: true), SchedulerBench.request(2, prompt: 300, new: 2),
    ] {
      let bench = SchedulerBench(stages: 2, budget: 600, chunk: 128, pages: 40)
      try bench.submit(SchedulerBench.request(1, prompt: 300, new: 2, shares: true))
      try bench.submit(other)
      #expect(bench.next()?.chunks.map(\.sequence) == [Self.a, Self.b])
    }
  }

  @Test("A plan that ends ends the wait: both prompts are computed")
  func leaderLost() throws {
    let bench = SchedulerBench(stages: 2, budget: 600, chunk: 128, pages: 20)
    for id in UInt64(1)...2 { try bench.submit(SchedulerBench.request(id, prompt: 300, new: 2, shares: true)) }
    try bench.complete(#require(bench.next()))
    _ = bench.scheduler.loseAll()
    #expect(bench.next()?.chunks.map(\.sequence) == [Self.a, Self.b])
  }

  @Test("Under a plan with other pages sequences still share theirs")
  func restarted() throws {
    let bench = try keeping()
    try bench.submit(SchedulerBench.request(2, prompt: 300, new: 9, shares: true))
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

  @Test("Pooled prompts ask for each chunk's share once, for the first row at the begin and for the last at the end")
  func pooled() throws {
    for pooling in Pooling.allCases {
      let bench = SchedulerBench(stages: 2, budget: 8, chunk: 4)
      try bench.scheduler.submit(SchedulerBench.request(1, prompt: 10, new: 0, pooling: pooling), now: .zero)
      let first = try #require(bench.next())
      #expect(first.entries[0].output.pooling == (pooling == .last ? nil : pooling))
      try bench.complete(first)
      _ = bench.next()
      _ = bench.scheduler.loseAll()
      var pooled: [Range<Int>] = []
      while let step = bench.next() {
        let entry = step.entries.first
        if let entry, entry.output.pooling != nil { pooled.append(entry.startPosition..<entry.endPosition) }
        try bench.complete(step)
      }
      // The first row is not asked for again.
      let wanted: [Pooling: [Range<Int>]] = [.mean: [4..<8, 8..<10], .last: [8..<10], .first: []]
      #expect(pooled == wanted[pooling])
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
