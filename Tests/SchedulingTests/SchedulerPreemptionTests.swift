import Core
import Testing

@testable import Scheduling

@Suite("Sequences that take pages as they grow")
struct SchedulerPreemptionTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)

  /// Four pages for requests that need three each at their longest: of 60 prompt tokens and 100 new ones.
  private func bench(pages: Int = 4, priorities: [Int] = [0, 0], shares: Bool = false) throws -> SchedulerBench {
    let bench = SchedulerBench(stages: 2, budget: 64, chunk: 64, pages: pages, grows: true)
    for (index, priority) in priorities.enumerated() {
      // Prompts that are no beginning of each other.
      var request = SchedulerBench.request(UInt64(index + 1), prompt: 60, new: 100, priority: priority).generation
      request.prompt[0] = TokenID(1000 + index)
      let policy = PositionPolicy.plain(trainedLength: 4096)
      try bench.submit(
        ScheduledRequest(
          request, sequence: SequenceID(UInt64(index + 1)), maximumNewTokens: 100, policy: policy,
          scope: shares ? PrefixScope(policy: policy) : nil))
    }
    return bench
  }

  /// Runs until a step matches; returns it, in flight, and counts the tokens of each sequence on the way.
  private func run(
    _ bench: SchedulerBench, tokens: inout [SequenceID: Int], until isWanted: (StepPlan) -> Bool
  ) throws -> StepPlan? {
    while let step = bench.next() {
      if isWanted(step) { return step }
      for case .token(let id, _) in try bench.complete(step) { tokens[id, default: 0] += 1 }
      try bench.scheduler.checkIntegrity()
    }
    return nil
  }

  @Test("Requests whose longest answers have no room together run together, as long as what they have has")
  func admitted() throws {
    let bench = try bench()
    _ = bench.allNext()
    #expect(bench.scheduler.counts.runningCount == 2 && bench.scheduler.counts.usedPageCount == 2)
    let reserving = SchedulerBench(pages: 4)
    for id in UInt64(1)...2 { try reserving.submit(id, prompt: 60, new: 100) }
    _ = reserving.allNext()
    #expect(reserving.scheduler.counts.runningCount == 1 && reserving.scheduler.counts.usedPageCount == 3)
  }

  @Test("Where pages run out the youngest waits, and goes on behind what it had when the other has ended")
  func preempted() throws {
    let bench = try bench()
    var tokens: [SequenceID: Int] = [:]
    let release = try run(bench, tokens: &tokens) { !$0.releases.isEmpty }
    #expect(release?.releases == [Self.b] && bench.scheduler.counts.preemptionCount == 1)
    let progress = try #require(bench.scheduler.progress.first { $0.sequence == Self.b })
    #expect(progress.phase == .preempted && progress.generatedTokenCount == tokens[Self.b] && progress.pageCount == 0)
    try bench.complete(#require(release)).forEach { if case .token(let id, _) = $0 { tokens[id, default: 0] += 1 } }
    let before = try #require(tokens[Self.b])
    #expect(before > 0)
    let again = try #require(
      try run(bench, tokens: &tokens) { step in step.entries.contains { $0.sequence == Self.b } })
    #expect(tokens[Self.a] == 100, "it has the pages of the one that has ended")
    let entry = try #require(again.chunks.first { $0.sequence == Self.b })
    #expect(entry.startPosition == 0 && entry.opening != nil)
    for case .token(let id, _) in try bench.complete(again) { tokens[id, default: 0] += 1 }
    _ = try run(bench, tokens: &tokens) { _ in false }
    #expect(tokens == [Self.a: 100, Self.b: 100] && bench.scheduler.isIdle)
    #expect(bench.scheduler.counts.usedPageCount == 0 && bench.scheduler.counts.preemptionCount == 1)
  }

  @Test("The least priority gives way, however old; of equals the youngest")
  func priority() throws {
    for (priorities, victim) in [([5, 0], Self.a), ([0, 5], Self.b), ([3, 3], Self.b)] {
      var tokens: [SequenceID: Int] = [:]
      let step = try run(bench(priorities: priorities), tokens: &tokens) { !$0.releases.isEmpty }
      #expect(step?.releases == [victim], "\(priorities)")
    }
  }

  @Test("It goes on where its kept pages end, unless those are needed")
  func kept() throws {
    let bench = try bench(pages: 5, priorities: [0, 0, 0], shares: true)
    var tokens: [SequenceID: Int] = [:]
    let step = try run(bench, tokens: &tokens) { step in
      step.entries.contains { entry in entry.opening != nil && entry.startPosition > 0 }
    }
    let entry = try #require(step?.chunks.first { $0.opening != nil })
    #expect(entry.startPosition == entry.opening?.cachedPrefix.map { 64 * $0.pages.count })
    try bench.complete(#require(step))
  }

  @Test("A request that does not fit alone is refused; one that fits alone is not preempted for long")
  func alone() throws {
    let bench = SchedulerBench(budget: 64, chunk: 64, pages: 2, grows: true)
    #expect(throws: EngineError.neverFits(neededPageCount: 3, pageCount: 2)) {
      try bench.submit(1, prompt: 60, new: 100)
    }
    try bench.submit(2, prompt: 60, new: 60)
    try bench.submit(3, prompt: 60, new: 60)
    while let step = bench.next() { try bench.complete(step) }
    #expect(bench.scheduler.isIdle)
  }

  @Test("One that waits again comes before new requests of its priority, and after those of a higher one")
  func line() throws {
    let bench = try bench()
    var tokens: [SequenceID: Int] = [:]
    let step = try run(bench, tokens: &tokens) { !$0.releases.isEmpty }
    try bench.submit(SchedulerBench.request(3, prompt: 10, new: 1))
    #expect(bench.scheduler.waiting.next?.request.sequence == Self.b)
    try bench.submit(SchedulerBench.request(4, prompt: 10, new: 1, priority: -1))
    #expect(bench.scheduler.waiting.next?.request.sequence == SequenceID(4))
    bench.scheduler.cancel(Self.b)
    #expect(bench.scheduler.progress.map(\.sequence) == [Self.a, SequenceID(3), SequenceID(4)])
    try bench.complete(#require(step))
    while let step = bench.next() { try bench.complete(step) }
    #expect(bench.scheduler.isIdle)
  }

  @Test("One whose client leaves while its last step is in flight does not wait again")
  func cancelled() throws {
    let bench = try bench()
    var flying: [StepPlan] = []
    // Two steps in flight: the victim's may be among them.
    while bench.scheduler.counts.preemptionCount == 0 {
      flying += bench.allNext()
      try #require(!flying.isEmpty)
      try bench.complete(flying.removeFirst())
    }
    bench.scheduler.cancel(Self.b)
    while !flying.isEmpty || !bench.scheduler.isIdle {
      flying += bench.allNext()
      try #require(!flying.isEmpty)
      try bench.complete(flying.removeFirst())
    }
    #expect(bench.scheduler.counts.usedPageCount == 0)
    try bench.scheduler.checkIntegrity()
  }

  @Test("Under a plan with fewer pages those without room wait; those that can never have it are lost, waiting or not")
  func fewerPages() throws {
    let bench = SchedulerBench(budget: 512, chunk: 256, pages: 20, grows: true)
    try bench.submit(1, prompt: 100, new: 20)
    try bench.submit(2, prompt: 200, new: 20)
    try bench.submit(3, prompt: 600, new: 20)
    try bench.complete(#require(bench.next()))
    try bench.submit(4, prompt: 700, new: 20)
    let fewer = SchedulerLimits(
      stageCount: 1, stepTokenBudget: 512, chunkTokenCount: 256, maximumRunningSequences: 8,
      maximumWaitingRequests: 8, pageCount: 5, contextLength: 4096, growsPages: true)
    let report = bench.scheduler.resume(limits: fewer, stagesHold: true) { _, _ in StageSet([0]) }
    #expect(report.lost.sorted() == [SequenceID(3), SequenceID(4)] && report.rereadSequenceCount == 1)
    #expect(bench.scheduler.progress.map(\.phase) == [.prefill, .preempted])
    var ended: [SequenceID] = []
    while let step = bench.next() {
      for case .finished(let id, _) in try bench.complete(step) { ended.append(id) }
    }
    #expect(ended == [Self.a, Self.b] && bench.scheduler.isIdle)
  }

  @Test("One that gives way while a stage computes it again is then computed by all stages from its beginning")
  func whileRebuilt() throws {
    let bench = try bench()
    var tokens: [SequenceID: Int] = [:]
    // The older one is about to need its third page, which only the other can give.
    let full = try run(bench, tokens: &tokens) { step in
      step.entries.contains { $0.sequence == Self.a && $0.startPosition == 127 }
    }
    try #require(full != nil && bench.scheduler.counts.preemptionCount == 0)
    let report = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: true) { _, _ in StageSet([0]) }
    #expect(report.replayedSequenceCount == 2)
    let release = try #require(try run(bench, tokens: &tokens) { $0.releases == [Self.b] })
    #expect(bench.scheduler.sequences[Self.b] == nil && tokens[Self.b] ?? 0 < 100)
    try bench.complete(release)
    var entries: [StepEntry] = []
    while let step = bench.next() {
      entries += step.entries.filter { $0.sequence == Self.b }
      try bench.complete(step)
    }
    #expect(entries.first?.opening != nil && entries.first?.startPosition == 0)
    #expect(entries.allSatisfy { $0.rebuilding.isEmpty } && bench.scheduler.isIdle)
  }

  @Test("Room to grow is a share of what is there, and never more than the longest answer needs")
  func reservations() throws {
    func reservation(_ prompt: Int, _ new: Int, known: Int, grows: Bool = true) throws -> PageReservation {
      let limits = SchedulerBench(pages: 1000).scheduler.limits
      return try PageNeeds(SchedulerBench.request(1, prompt: prompt, new: new), limits: limits)
        .reservation(tokenCount: known, grows: grows)
    }
    func expect(
      _ reservation: PageReservation, _ now: Int, _ growth: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        [reservation.tokenPageCount, reservation.growthPageCount] == [now, growth], sourceLocation: sourceLocation)
    }
    expect(try reservation(60, 100, known: 60), 1, 1)
    expect(try reservation(64, 100, known: 64), 2, 1)
    expect(try reservation(64, 0, known: 64), 1, 0)
    expect(try reservation(1000, 2000, known: 1000), 16, 4)
    expect(try reservation(1000, 2000, known: 2000), 32, 8)
    expect(try reservation(1000, 100, known: 1000), 16, 2)
    expect(try reservation(1000, 2000, known: 1000, grows: false), 47, 0)
  }
}
