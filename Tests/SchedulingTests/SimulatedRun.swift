import Fixtures
import Core
import Paging
import Testing

@testable import Scheduling

/// A scheduler under random load with stages that check every entry they are given.
struct SimulatedRun {
  /// What the stages know of an opened sequence.
  private struct Cached {
    var tokens: [TokenID] = []
    var pages: [PageID] = []
    let neighborPages: [PageID]
  }

  /// What a user would know.
  private struct Client {
    let request: ScheduledRequest
    /// Tokens to prefill rather than decode: the prompt, after a loss all there were.
    var prefillCount: Int
    var scheduledCount = 0
    var told = 0
    var emitted: [TokenID] = []
    var isOver = false
  }

  private var random: SeededGenerator
  private var scheduler: Scheduler
  private var stages: [SequenceID: Cached] = [:]
  private var clients: [SequenceID: Client] = [:]
  private var flying: [StepPlan] = []
  private var nextID: UInt64 = 1
  /// Passes at random, so that measured decodes lead to all kinds of choices.
  private var now = Duration.zero
  /// Decodes whose token is known and not sent, with the steps that left without them.
  private var readySince: [SequenceID: Int] = [:]
  /// What some stages are being given again, and how far that is.
  private var replays: [SequenceID: (stages: StageSet, next: Int, end: Int)] = [:]
  /// What the first step of a plan must say of those that go on.
  private var resumed: [ResumedSequence] = []

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    let stageCount = Int.random(in: 1...5, using: &random)
    scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: stageCount, stepTokenBudget: Int.random(in: 1...300, using: &random),
        chunkTokenCount: Int.random(in: 1...200, using: &random),
        maximumRunningSequences: Int.random(in: 1...12, using: &random),
        maximumWaitingRequests: Int.random(in: 0...10, using: &random),
        pageCount: Int.random(in: 1...60, using: &random), contextLength: 2000,
        maximumStepEntries: Int.random(in: 1...10, using: &random), adaptsChunks: Bool.random(using: &random)))
  }

  mutating func act() throws {
    now += .milliseconds(Int.random(in: 0...20, using: &random))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<20: try submit()
    case 20..<26: cancel()
    case 26..<60: try completeOldest()
    case 60..<61: try lose()
    case 61..<63: try failOneOfOldest()
    default: try takeStep()
    }
    try scheduler.checkIntegrity()
    #expect(scheduler.counts.stepsInFlightCount == flying.count)
  }

  /// Lets everything run out, and expects nothing left.
  mutating func drain() throws {
    var patience = 100_000
    while !scheduler.isIdle {
      patience -= 1
      try #require(patience > 0, "the scheduler does not come to rest")
      while try takeStep() {}
      try #require(!flying.isEmpty, "work is left but nothing runs")
      try completeOldest()
    }
    try scheduler.checkIntegrity()
    #expect(scheduler.counts.usedPageCount == 0)
    #expect(stages.isEmpty, "the stages were not told of every end")
    #expect(clients.values.filter { !$0.isOver }.isEmpty, "a client still waits")
  }

  private mutating func submit() throws {
    let groups = Bool.random(using: &random)
    let policy = try #require(
      SelfExtendPolicy(
        groupSize: groups ? 2 : 1, neighborWindow: groups ? Int.random(in: 0...200, using: &random) : 0,
        trainedLength: 512))
    var generation = GenerationRequest(
      prompt: (0..<Int.random(in: 1...600, using: &random)).map { _ in
        TokenID.random(in: 0...9, using: &random)
      })
    generation.stopTokens = [3]
    let request = ScheduledRequest(
      generation, sequence: SequenceID(nextID), maximumNewTokens: Int.random(in: 0...30, using: &random),
      policy: policy)
    nextID += 1
    do throws(EngineError) {
      try scheduler.submit(request, now: .zero)
      clients[request.sequence] = Client(request: request, prefillCount: request.prompt.count)
    } catch {
      switch error {
      case .overloaded(let limit): #expect(scheduler.counts.waitingCount >= limit)
      case .neverFits(let needed, let pageCount): #expect(needed > pageCount)
      default: Issue.record("unexpected refusal: \(error)")
      }
    }
  }

  private mutating func cancel() {
    guard let victim = clients.filter({ !$0.value.isOver }).keys.sorted().randomElement(using: &random) else {
      return
    }
    scheduler.cancel(victim)
    clients[victim]?.isOver = true
    readySince[victim] = nil
  }

  @discardableResult
  private mutating func takeStep() throws -> Bool {
    let idle = flying.isEmpty
    guard let plan = scheduler.nextStep(now: now) else { return false }
    let limits = scheduler.limits
    flying.append(plan)
    try #require(flying.count <= limits.stepsInFlight)
    try #require(plan.tokenCount <= limits.stepTokenBudget)
    try #require(plan.entries.count <= limits.maximumStepEntries)
    try #require(Set(plan.entries.map(\.sequence)).count == plan.entries.count)
    if plan.entries.isEmpty { #expect(idle && (!plan.releases.isEmpty || plan.step == 1)) }
    #expect(plan.resumes == resumed, "the first step names all that goes on, and no other names any")
    resumed = []
    for released in plan.releases {
      try #require(stages.removeValue(forKey: released) != nil, "released what was not open")
    }
    for entry in plan.decodes { try check(entry, isPrefill: false) }
    for entry in plan.chunks { try check(entry, isPrefill: true) }
    try checkPages()
    checkPromptOrder(plan)
    checkDecodeDelay(plan)
    return true
  }

  private mutating func check(_ entry: StepEntry, isPrefill: Bool) throws {
    let client = try #require(clients[entry.sequence])
    try #require(!client.isOver, "an entry of an ended sequence")
    let text = client.request.prompt + client.emitted
    if let replay = replays[entry.sequence] {
      #expect(isPrefill)
      return try check(entry, replay, text)
    }
    #expect(entry.rebuilding.isEmpty)
    #expect((stages[entry.sequence] == nil) == (entry.opening != nil))
    var cached = stages[entry.sequence] ?? Cached(neighborPages: entry.opening?.neighborPages ?? [])
    #expect(
      cached.neighborPages.count
        == PageCount.ofRing(policy: entry.policy, chunkTokenCount: scheduler.limits.chunkTokenCount))
    try #require(entry.startPosition == cached.tokens.count, "not where the cache ends")
    cached.tokens += entry.tokens
    cached.pages += entry.newPages
    try #require(
      Array(text.prefix(cached.tokens.count)) == cached.tokens, "other tokens than the sequence has")
    try #require(cached.pages.count == PageCount.of(tokens: cached.tokens.count))
    #expect(isPrefill == (entry.startPosition < client.prefillCount))
    if isPrefill {
      #expect(entry.tokens.count <= scheduler.limits.chunkTokenCount)
    } else {
      #expect(entry.tokens.count == 1)
    }
    #expect(entry.shouldSample == (cached.tokens.count == text.count && client.request.maximumNewTokens > 0))
    stages[entry.sequence] = cached
    clients[entry.sequence]?.scheduledCount = cached.tokens.count
  }

  /// A chunk for the stages that lost the sequence: what the others hold, in order, on the same pages.
  private mutating func check(
    _ entry: StepEntry, _ replay: (stages: StageSet, next: Int, end: Int), _ text: [TokenID]
  ) throws {
    let cached = try #require(stages[entry.sequence])
    let end = entry.startPosition + entry.tokens.count
    #expect(entry.rebuilding == replay.stages && entry.startPosition == replay.next && end <= replay.end)
    #expect(entry.tokens == Array(text[entry.startPosition..<end]))
    #expect(entry.tokens.count <= scheduler.limits.chunkTokenCount)
    let pages = PageCount.of(tokens: entry.startPosition)..<PageCount.of(tokens: end)
    #expect(entry.newPages == Array(cached.pages[pages]))
    #expect((entry.startPosition == 0) == (entry.opening != nil))
    #expect(entry.opening.map { $0.neighborPages == cached.neighborPages } ?? true)
    #expect(!entry.shouldSample && !entry.wantsLogits && entry.scoresFrom == nil)
    replays[entry.sequence] = end == replay.end ? nil : (replay.stages, end, replay.end)
  }

  private func checkPages() throws {
    let held = stages.values.flatMap { $0.pages + $0.neighborPages }
    try #require(Set(held).count == held.count, "two live sequences share a page")
    #expect(held.allSatisfy { Int($0.rawValue) < scheduler.limits.pageCount })
  }

  /// Among chunks, older requests come first; a younger one runs only when the older have a chunk in this
  /// step or nothing left to send.
  private func checkPromptOrder(_ plan: StepPlan) {
    let chunks = plan.chunks.map(\.sequence)
    #expect(chunks == chunks.sorted(), "prompts out of order")
    guard let youngest = chunks.last else { return }
    for (id, client) in clients where id < youngest && !client.isOver && !chunks.contains(id) {
      #expect(client.scheduledCount >= client.prefillCount, "\(id) was overtaken by \(youngest)")
    }
  }

  /// A step with prompt tokens takes every ready decode; steps of decodes alone leave none behind for longer
  /// than it takes every stage to get a share.
  private mutating func checkDecodeDelay(_ plan: StepPlan) {
    let decodes = plan.decodes.map(\.sequence)
    for id in decodes { readySince[id] = nil }
    guard !plan.entries.isEmpty else { return }
    if !plan.chunks.isEmpty {
      #expect(readySince.isEmpty, "a prompt was read while a decode waited")
    }
    for id in Array(readySince.keys) {
      let passed = (readySince[id] ?? 0) + 1
      #expect(passed <= scheduler.limits.stageCount, "\(id) was left behind by \(passed) steps")
      readySince[id] = passed
    }
  }

  /// Stages are lost with what they hold: running sequences are given them again, and nothing is told twice.
  private mutating func lose() throws {
    let old = scheduler.limits
    let stageCount = Int.random(in: 1...5, using: &random)
    let losses = clients.mapValues { _ in
      StageSet((0..<stageCount).filter { _ in Bool.random(using: &random) })
    }
    if Bool.random(using: &random) { scheduler.suspend(after: .workerLost) }
    var lengths: [SequenceID: Int] = [:]
    let report = scheduler.resume(
      limits: SchedulerLimits(
        stageCount: stageCount, stepTokenBudget: old.stepTokenBudget,
        chunkTokenCount: old.chunkTokenCount, maximumRunningSequences: old.maximumRunningSequences,
        maximumWaitingRequests: old.maximumWaitingRequests, pageCount: old.pageCount,
        contextLength: old.contextLength, maximumStepEntries: old.maximumStepEntries), stagesHold: !stages.isEmpty
    ) { id, length in
      lengths[id] = length
      return losses[id] ?? StageSet()
    }
    try #require(report.lost.isEmpty, "what fitted before fits again")
    if let late = flying.first {
      #expect(throws: CompletionError.self) {
        try scheduler.complete(StepCompletion(step: late.step, entries: []))
      }
    }
    flying = []
    readySince = [:]
    replays = [:]
    resumed = []
    let before = stages
    stages = [:]
    for id in clients.keys.sorted() {
      guard var client = clients[id] else { continue }
      let (length, lost) = (lengths[id] ?? 0, losses[id] ?? StageSet())
      let isKept = length > 0 && lost.count < stageCount
      client.scheduledCount = isKept ? length : 0
      client.prefillCount = client.request.prompt.count + client.emitted.count
      clients[id] = client
      guard isKept, var cached = before[id] else { continue }
      try #require(length <= cached.tokens.count, "it goes on behind what all stages have")
      cached.tokens.removeLast(cached.tokens.count - length)
      cached.pages.removeLast(cached.pages.count - PageCount.of(tokens: length))
      stages[id] = cached
      resumed.append(ResumedSequence(sequence: id, length: length, rebuilding: lost))
      if !lost.isEmpty { replays[id] = (lost, 0, length) }
    }
  }

  /// A stage refuses one sequence of the step: it is over, everybody else goes on.
  private mutating func failOneOfOldest() throws {
    guard let victim = flying.first?.entries.randomElement(using: &random)?.sequence else { return }
    try completeOldest(failing: victim)
  }

  private mutating func completeOldest(failing victim: SequenceID? = nil) throws {
    guard !flying.isEmpty else { return }
    let plan = flying.removeFirst()
    let entries = plan.entries.filter { $0.sequence != victim }.map {
      StepCompletion.Entry(
        sequence: $0.sequence, token: $0.shouldSample ? TokenID.random(in: 0...40, using: &random) : nil)
    }
    let updates = try scheduler.complete(
      StepCompletion(step: plan.step, entries: entries, failed: victim.map { [$0: "broken"] } ?? [:], now: now))
    for update in updates { try apply(update, of: entries) }
  }

  private mutating func apply(_ update: SequenceUpdate, of entries: [StepCompletion.Entry]) throws {
    switch update {
    case .prefillProgress(let id, let done, let total):
      #expect(done <= total && total == clients[id]?.request.prompt.count)
      #expect(done > clients[id]?.told ?? 0, "progress was told twice")
      clients[id]?.told = done
    case .token(let id, let token):
      let client = try #require(clients[id])
      try #require(!client.isOver)
      #expect(entries.contains(.init(sequence: id, token: token)))
      #expect(!client.request.generation.stopTokens.contains(token))
      clients[id]?.emitted.append(token)
      readySince[id] = 0
    case .finished(let id, let reason):
      let client = try #require(clients[id])
      try #require(!client.isOver)
      clients[id]?.isOver = true
      readySince[id] = nil
      if reason == .length { #expect(client.emitted.count == client.request.maximumNewTokens) }
    case .failed(let id, let reason):
      try #require(clients[id]?.isOver == false)
      #expect(reason == "broken")
      clients[id]?.isOver = true
      readySince[id] = nil
    }
  }
}
