import Core
import Paging
import Testing

@testable import Scheduling

/// What the stages check of every step they are given.
extension SimulatedRun {
  @discardableResult
  mutating func takeStep() throws -> Bool {
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
      notePreempted(released)
    }
    for entry in plan.decodes { try check(entry, isPrefill: false) }
    for entry in plan.chunks { try check(entry, isPrefill: true) }
    try checkPages()
    checkPromptOrder(plan)
    checkDecodeDelay(plan)
    return true
  }

  /// A sequence that is released before its end is computed again, once it has pages.
  private mutating func notePreempted(_ id: SequenceID) {
    guard let client = clients[id], !client.isOver else { return }
    #expect(scheduler.limits.growsPages, "nothing takes a page from another")
    preemptionCount += 1
    if let before = preempted[id], !hasLost { #expect(client.emitted.count > before, "\(id) came no further") }
    preempted[id] = client.emitted.count
    clients[id]?.prefillCount = client.request.prompt.count + client.emitted.count
    clients[id]?.scheduledCount = 0
    (readySince[id], drafts[id]) = (nil, nil)
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
    var cached = try stages[entry.sequence] ?? opened(entry, client.request, text)
    let draft = entry.tokens.suffix(max(0, entry.output.sampledRows.count - 1))
    if !isPrefill {
      // Tokens that were drafted and not sampled are cut.
      try #require(entry.startPosition == text.count - 1 && entry.startPosition <= cached.tokens.count)
      cached.cut(to: entry.startPosition)
      #expect(draft.elementsEqual((drafts[entry.sequence] ?? []).prefix(draft.count)))
      drafts[entry.sequence] = nil
    }
    #expect(
      cached.neighborPages.count
        == PageCount.ofRing(policy: entry.policy, chunkTokenCount: scheduler.limits.chunkTokenCount))
    try #require(entry.startPosition == cached.tokens.count, "not where the cache ends")
    cached.append(entry.tokens)
    cached.pages += entry.newPages
    let known = cached.tokens.count - draft.count
    try #require(text.prefix(known) == cached.tokens.prefix(known), "other tokens than the sequence has")
    try #require(cached.pages.count == PageCount.of(tokens: cached.tokens.count))
    try store(entry, of: cached, at: StageSet(stores.indices))
    #expect(isPrefill == (entry.startPosition < client.prefillCount))
    if isPrefill {
      #expect(entry.tokens.count <= scheduler.limits.chunkTokenCount)
    } else {
      #expect(entry.tokens.count == 1 + draft.count && entry.tokens.count <= scheduler.limits.chunkTokenCount)
    }
    #expect(entry.shouldSample == (known == text.count && client.request.maximumNewTokens > 0))
    try #require(known + draft.count < client.request.prompt.count + max(1, client.request.maximumNewTokens))
    stages[entry.sequence] = cached
    clients[entry.sequence]?.scheduledCount = known
  }

  /// A sequence that the entry opens, on the pages of a prefix where it says so.
  private func opened(_ entry: StepEntry, _ request: ScheduledRequest, _ text: [TokenID]) throws -> CachedSequence {
    let opening = try #require(entry.opening)
    var cached = CachedSequence(neighborPages: opening.neighborPages, policy: entry.policy)
    guard let prefix = opening.cachedPrefix else { return cached }
    cached.pages = prefix.pages
    cached.append(text.prefix(prefix.tokenCount))
    #expect(prefix.tokens == (opening.needsTokens ? cached.tokens : []))
    let isRead = text.count > request.prompt.count
    #expect(
      isRead || request.generation.scoresPromptFrom.map { prefix.tokenCount < $0 } ?? true,
      "a row to be scored is missing")
    return cached
  }

  /// The stages store an entry's tokens, after they have found all that comes before.
  private mutating func store(_ entry: StepEntry, of cached: CachedSequence, at set: StageSet) throws {
    for stage in stores.indices where set.contains(stage) {
      try #require(
        cached.isStored(entry.startPosition, in: stores[stage]), "stage \(stage) lacks what \(entry.sequence) has")
      cached.store(entry.startPosition..<entry.endPosition, in: &stores[stage])
    }
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
    #expect(entry.output == StepOutput())
    try store(entry, of: cached, at: replay.stages)
    replays[entry.sequence] = end == replay.end ? nil : (replay.stages, end, replay.end)
  }

  private func checkPages() throws {
    let rings = stages.values.flatMap(\.neighborPages)
    let held = stages.values.flatMap(\.pages)
    // Only full pages of equal tokens are shared: `store` finds what another sequence spoils.
    try #require(Set(rings).count == rings.count && Set(rings).isDisjoint(with: held), "two sequences share a ring")
    #expect((held + rings).allSatisfy { Int($0.rawValue) < scheduler.limits.pageCount })
  }

  /// Among chunks, older requests come first; a younger one runs only when the older have a chunk in this
  /// step or nothing left to send. Where chunks adapt, that holds for the oldest.
  private func checkPromptOrder(_ plan: StepPlan) {
    // One that was preempted is older than those that took its place; one that finds no page is passed over.
    guard !scheduler.limits.growsPages else { return }
    let chunks = plan.chunks.map(\.sequence)
    #expect(chunks == chunks.sorted(), "prompts out of order")
    guard let youngest = chunks.last else { return }
    for (id, client) in clients where id < youngest && !client.isOver && !chunks.contains(id) {
      if scheduler.sequences.awaitsPrefix(id) { continue }
      if scheduler.limits.adaptsChunks, chunks.contains(where: { $0 < id }) { continue }
      #expect(client.scheduledCount >= client.prefillCount, "\(id) was overtaken by \(youngest)")
    }
  }

  /// A step with prompt tokens takes every ready decode; steps of decodes alone leave none behind for longer
  /// than it takes every stage to get a share.
  private mutating func checkDecodeDelay(_ plan: StepPlan) {
    let decodes = plan.decodes.map(\.sequence)
    for id in decodes { readySince[id] = nil }
    // A decode waits for a page as long as it takes.
    guard !plan.entries.isEmpty, !scheduler.limits.growsPages else { return }
    if !plan.chunks.isEmpty {
      #expect(readySince.isEmpty, "a prompt was read while a decode waited")
    }
    for id in Array(readySince.keys) {
      let passed = (readySince[id] ?? 0) + 1
      #expect(passed <= scheduler.limits.stageCount, "\(id) was left behind by \(passed) steps")
      readySince[id] = passed
    }
  }
}
