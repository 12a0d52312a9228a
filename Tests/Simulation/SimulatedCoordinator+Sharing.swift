import Core
import Fixtures
import Scheduling

/// Prompts that begin alike, pages kept for them, and drafted tokens: at random.
extension SimulatedCoordinator {
  /// A request whose prompt may begin with the tokens of a kept prefix, which it names then, or be long enough to be
  /// kept.
  mutating func sharingRequest(_ request: SimulatedRequest, _ draws: inout SeededGenerator?) -> SimulatedRequest {
    if draws.chance(0.1), let dropped = draws.pick(prefixes.keys.sorted()) { scheduler?.dropPrefix(dropped) }
    if draws.chance(0.8), let id = draws.pick(prefixes.keys.sorted()), let kept = prefixes[id] {
      // The scheduler may have dropped it: then it is not used.
      return request.with(prompt: Array((kept.tokens + request.prompt).prefix(140)), prefix: id)
    }
    return draws.chance(0.7) ? request.with(prompt: request.prompt + draws.tokens(60)) : request
  }

  /// After a result: may keep a sequence's pages, and may draft what follows, right or wrong.
  mutating func share(_ sequence: SequenceID, _ draws: inout SeededGenerator?) {
    guard let request = requests[sequence], !request.isOver, draws != nil else { return }
    if draws.chance(0.3), let id = scheduler?.keepPrefix(of: sequence) { prefixes[id] = scheduler?.prefix(id) }
    guard draws.chance(0.6), !request.received.isEmpty else { return }
    var draft = Array(request.expected.dropFirst(request.received.count).prefix(draws.pick(Array(1...6)) ?? 0))
    if draws.chance(0.5), let wrong = draws.pick(Array(draft.indices)) { draft[wrong] ^= 1 }
    scheduler?.propose(draft, for: sequence)
  }

  /// What a step sampled of each entry that did not fail.
  func sampled(of step: SimulatedStep, bug: PlantedBug?, report: inout SimulationReport) -> [StepCompletion.Entry] {
    let entries = step.plan.entries.filter { step.failed[$0.sequence] == nil }
    var lists = entries.map { step.sampled[$0.sequence] ?? [] }
    for (index, entry) in entries.enumerated() where lists[index].count > 1 {
      let draft = entry.tokens.suffix(lists[index].count - 1)
      let right = zip(draft, lists[index]).prefix { $0 == $1.token }.count
      report.draftedTokens += draft.count
      report.acceptedTokens += right
      if bug == .draftKeptPastMismatch, right < draft.count {
        lists[index][right] = SampledToken(draft[draft.startIndex + right])
      }
    }
    let single = lists.indices.filter { lists[$0].count == 1 }
    if bug == .resultsByOrder, let first = single.first.map({ lists[$0] }) {
      for (place, next) in zip(single, single.dropFirst()) { lists[place] = lists[next] }
      lists[single[single.count - 1]] = first
    }
    return zip(entries, lists).map { .init(sequence: $0.sequence, sampled: $1) }
  }

  /// What comes of an allocator that frees the pages of an ended sequence although a prefix holds them.
  mutating func giveOutTwice(_ plan: inout StepPlan) {
    for released in plan.releases {
      let prompt = requests[released]?.prompt ?? []
      for (id, kept) in prefixes.sorted(by: { $0.key < $1.key })
      where scheduler?.prefix(id) != nil && prompt.starts(with: kept.tokens) {
        doubledPages += kept.pages
      }
    }
    for index in plan.entries.indices {
      for page in plan.entries[index].newPages where aliases[page] == nil { aliases[page] = doubledPages.popLast() }
      plan.entries[index].newPages = plan.entries[index].newPages.map { aliases[$0] ?? $0 }
      if let pages = plan.entries[index].opening?.cachedPrefix?.pages {
        plan.entries[index].opening?.cachedPrefix?.pages = pages.map { aliases[$0] ?? $0 }
      }
    }
  }
}

/// Draws that are left out where there is no generator.
extension SeededGenerator? {
  fileprivate mutating func chance(_ share: Double) -> Bool { self?.chance(share) ?? false }

  fileprivate mutating func pick<Element>(_ elements: [Element]) -> Element? {
    guard var draws = self else { return nil }
    defer { self = draws }
    return elements.randomElement(using: &draws)
  }

  fileprivate mutating func tokens(_ count: Int) -> [TokenID] {
    guard var draws = self else { return [] }
    defer { self = draws }
    return (0..<count).map { _ in TokenID.random(in: 0..<32_000, using: &draws) }
  }
}
