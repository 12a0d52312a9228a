import Fixtures
import Core
import Paging
import Testing

@testable import Scheduling

/// A scheduler under random load with stages that check every entry they are given.
struct SimulatedRun {
  var random: SeededGenerator
  var scheduler: Scheduler
  var stages: [SequenceID: CachedSequence] = [:]
  /// What each stage has stored. A stage that is lost has stored nothing.
  var stores: [[CacheSlot: Int]]
  /// What sequences had, for requests that begin alike.
  var texts: [[TokenID]] = []
  /// Tokens proposed for a sequence's next decode.
  var drafts: [SequenceID: [TokenID]] = [:]
  var clients: [SequenceID: SimulatedClient] = [:]
  var flying: [StepPlan] = []
  var nextID: UInt64 = 1
  /// Passes at random, so that measured decodes lead to all kinds of choices.
  var now = Duration.zero
  /// Decodes whose token is known and not sent, with the steps that left without them.
  var readySince: [SequenceID: Int] = [:]
  /// What some stages are being given again, and how far that is.
  var replays: [SequenceID: (stages: StageSet, next: Int, end: Int)] = [:]
  /// What the first step of a plan must say of those that go on.
  var resumed: [ResumedSequence] = []
  /// Tokens that a sequence had when it was last preempted.
  var preempted: [SequenceID: Int] = [:]
  var preemptionCount = 0
  /// Whether a loss has been: after several, one sequence may be made to run alone, whatever that costs the others.
  var hasLost = false

  /// - Parameter grows: whether sequences take pages as they grow.
  init(seed: UInt64, grows: Bool = false) throws {
    random = SeededGenerator(seed: seed)
    let stageCount = Int.random(in: 1...5, using: &random)
    stores = Array(repeating: [:], count: stageCount)
    scheduler = Scheduler(limits: .random(stageCount: stageCount, grows: grows, using: &random))
  }

  mutating func act() throws {
    now += .milliseconds(Int.random(in: 0...20, using: &random))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<20: try submit()
    case 20..<26: cancel()
    case 26..<60: try completeOldest()
    case 60..<61: try lose()
    case 61..<63: try failOneOfOldest()
    case 63..<71: propose()
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
    let counts = scheduler.counts
    #expect(counts.freePageCount + counts.keptPageCount == scheduler.limits.pageCount)
    #expect(stages.isEmpty, "the stages did not hear of every end")
    #expect(clients.values.filter { !$0.isOver }.isEmpty, "a client still waits")
  }

  mutating func submit() throws {
    let groups = Bool.random(using: &random)
    let policy = try #require(
      PositionPolicy(
        groupSize: groups ? 2 : 1, neighborWindow: groups ? [0, 130].randomElement(using: &random) ?? 0 : 0,
        trainedLength: 512))
    let grows = scheduler.limits.growsPages
    var prompt = (0..<Int.random(in: 1...(grows ? 150 : 600), using: &random)).map { _ in
      TokenID.random(in: 0...9, using: &random)
    }
    if Bool.random(using: &random), let text = texts.randomElement(using: &random) {
      prompt = text.prefix(Int.random(in: 0...text.count, using: &random)) + prompt
    }
    var generation = GenerationRequest(prompt: prompt)
    generation.stopTokens = grows ? [] : [3]
    generation.sampling.frequencyPenalty = Bool.random(using: &random) ? 1 : 0
    generation.wantsPromptLogits = Int.random(in: 0..<4, using: &random) == 0
    if Int.random(in: 0..<8, using: &random) == 0 {
      generation.scoresPromptFrom = Int.random(in: 1...prompt.count, using: &random)
    }
    generation.priority = grows ? Int.random(in: 0...2, using: &random) : 0
    let longest = grows ? 200 : 30
    let request = ScheduledRequest(
      generation, sequence: SequenceID(nextID), maximumNewTokens: Int.random(in: 0...longest, using: &random),
      policy: policy,
      scope: Int.random(in: 0..<6, using: &random) > 0
        ? PrefixScope(tenant: Tenant(salt: Bool.random(using: &random) ? "s" : ""), policy: policy) : nil)
    nextID += 1
    do throws(EngineError) {
      try scheduler.submit(request, now: .zero)
      clients[request.sequence] = SimulatedClient(request: request, prefillCount: request.prompt.count)
    } catch {
      switch error {
      case .overloaded(let limit): #expect(scheduler.counts.waitingCount >= limit)
      case .neverFits(let needed, let pageCount): #expect(needed > pageCount)
      default: Issue.record("unexpected refusal: \(error)")
      }
    }
  }

  mutating func cancel() {
    guard let victim = clients.filter({ !$0.value.isOver }).keys.sorted().randomElement(using: &random) else {
      return
    }
    scheduler.cancel(victim)
    clients[victim]?.isOver = true
    readySince[victim] = nil
  }

  /// Stages are lost with what they hold: running sequences are computed again, and nothing is reported twice.
  mutating func lose() throws {
    hasLost = true
    let old = scheduler.limits
    let stageCount = Int.random(in: 1...5, using: &random)
    // A lost stage has nothing of any sequence; another one may lack some.
    let lostStages = StageSet(
      (0..<stageCount).filter { !stores.indices.contains($0) || Bool.random(using: &random) })
    var losses = clients.keys.sorted().reduce(into: [SequenceID: StageSet]()) { losses, id in
      let isLacking = Bool.random(using: &random)
      losses[id] = StageSet(
        (0..<stageCount).filter { lostStages.contains($0) || (isLacking && Bool.random(using: &random)) })
    }
    stores = (0..<stageCount).map { lostStages.contains($0) ? [:] : stores[$0] }
    if Bool.random(using: &random) { scheduler.suspend(after: .workerLost) }
    var lengths: [SequenceID: Int] = [:]
    let (before, stored) = (stages, stores)
    let report = scheduler.resume(
      limits: SchedulerLimits(
        stageCount: stageCount, stepTokenBudget: old.stepTokenBudget,
        chunkTokenCount: old.chunkTokenCount, maximumRunningSequences: old.maximumRunningSequences,
        maximumWaitingRequests: old.maximumWaitingRequests, pageCount: old.pageCount,
        contextLength: old.contextLength, maximumStepEntries: old.maximumStepEntries, growsPages: old.growsPages),
      stagesHold: !stages.isEmpty
    ) { id, length in
      lengths[id] = length
      // Also where an earlier loss was not made up for.
      for (stage, store) in stored.enumerated() where !(before[id]?.isStored(length, in: store) ?? false) {
        losses[id, default: StageSet()].insert(stage)
      }
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
    drafts = [:]
    #expect(scheduler.counts.keptPageCount == 0, "what was kept outlived the plan")
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
      cached.cut(to: length)
      stages[id] = cached
      resumed.append(ResumedSequence(sequence: id, length: length, rebuilding: lost))
      if !lost.isEmpty { replays[id] = (lost, 0, length) }
    }
  }

  /// A stage refuses one sequence of the step: it is over, everybody else goes on.
  mutating func failOneOfOldest() throws {
    guard let victim = flying.first?.entries.randomElement(using: &random)?.sequence else { return }
    try completeOldest(failing: victim)
  }

  mutating func completeOldest(failing victim: SequenceID? = nil) throws {
    guard !flying.isEmpty else { return }
    let plan = flying.removeFirst()
    let entries = plan.entries.filter { $0.sequence != victim }.map { entry in
      let draft = Array(entry.tokens.suffix(max(0, entry.output.sampledRows.count - 1)))
      return StepCompletion.Entry(
        sequence: entry.sequence,
        sampled: entry.output.sampledRows.indices.map { index in
          // Some drafts are right.
          let isRight = index < draft.count && Bool.random(using: &random)
          return SampledToken(isRight ? draft[index] : TokenID.random(in: 0...40, using: &random))
        })
    }
    let updates = try scheduler.complete(
      StepCompletion(step: plan.step, entries: entries, failed: victim.map { [$0: "broken"] } ?? [:], now: now))
    for entry in entries { clients[entry.sequence]?.checkAccepted(entry, plan, updates) }
    for update in updates { try apply(update) }
  }

  mutating func propose() {
    guard let id = readySince.keys.sorted().randomElement(using: &random), let client = clients[id], !client.isOver
    else { return }
    let draft = (0..<Int.random(in: 0...6, using: &random)).map { _ in TokenID.random(in: 0...9, using: &random) }
    scheduler.propose(draft, for: id)
    drafts[id] = draft
  }

  mutating func apply(_ update: SequenceUpdate) throws {
    switch update {
    case .prefillProgress(let id, let done, let total):
      #expect(done <= total && total == clients[id]?.request.prompt.count)
      #expect(done > clients[id]?.reportedCount ?? 0, "progress was reported twice")
      clients[id]?.reportedCount = done
    case .token(let id, let sampled):
      let client = try #require(clients[id])
      try #require(!client.isOver)
      #expect(!client.request.generation.stopTokens.contains(sampled.token))
      clients[id]?.emitted.append(sampled.token)
      readySince[id] = 0
    case .finished(let id, let reason):
      let client = try #require(clients[id])
      try #require(!client.isOver)
      clients[id]?.isOver = true
      readySince[id] = nil
      if texts.count < 20 { texts.append(client.request.prompt + client.emitted) }
      if reason == .length { #expect(client.emitted.count == client.request.maximumNewTokens) }
    case .failed(let id, let reason):
      try #require(clients[id]?.isOver == false)
      #expect(reason == "broken")
      clients[id]?.isOver = true
      readySince[id] = nil
    }
  }
}
