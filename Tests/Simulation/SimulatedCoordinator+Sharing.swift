import Core
import Fixtures
import Scheduling

/// Prompts that begin alike, pages kept for them, and drafted tokens: at random.
extension SimulatedCoordinator {
  /// A request whose prompt may begin with an earlier request's prompt and answer, as the next turn of a chat does, or
  /// with a part of them; mostly of the same tenant under the same policy, of which there are two each.
  mutating func sharingRequest(_ request: SimulatedRequest, _ draws: inout SeededGenerator?) -> SimulatedRequest {
    guard draws != nil else { return request }
    var prompt = request.prompt
    var groupSize = draws.chance(0.3) ? 2 : 1
    var tenant = draws.chance(0.9) ? Tenant(key: draws.chance(0.2) ? 1 : 0) : nil
    if draws.chance(pressure == nil ? 0.85 : 0.4), let earlier = draws.pick(donors) {
      let text = earlier.prompt + earlier.expected
      let count = draws.chance(0.7) ? text.count : draws.pick(Array(0...text.count)) ?? 0
      prompt = Array((text.prefix(count) + prompt).prefix(160))
      if draws.chance(0.8) { (groupSize, tenant) = (earlier.groupSize, earlier.tenant) }
    } else if pressure == nil, draws.chance(0.8) {
      prompt += draws.tokens(80)
    }
    let newTokens = pressure.flatMap { draws.chance(0.8) ? draws.pick(Array($0.newTokenCounts)) : nil }
      .map { min($0, 256 - prompt.count) }
    var sharing = request.with(prompt: prompt, groupSize: groupSize, newTokens: newTokens)
    sharing.tenant = tenant
    donors = [sharing] + donors.prefix(3)
    return sharing
  }

  /// After a result: may draft what follows, right or wrong.
  mutating func share(_ sequence: SequenceID, _ draws: inout SeededGenerator?) {
    guard let request = requests[sequence], !request.isOver, draws != nil else { return }
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

  /// What comes of mistakes with pages: the plan names other pages than the scheduler meant.
  mutating func misplace(_ plan: inout StepPlan, bug: PlantedBug?) {
    if bug == .preemptedKeepsPages { takeBack(&plan) }
    if bug == .preemptionUntold {
      plan.releases = plan.releases.filter { requests[$0]?.isOver ?? true }
    }
    guard bug == .sharedPagesFreed || bug == .partlyFilledPageShared else { return }
    for released in plan.releases { lastPages[released] = nil }
    for index in plan.entries.indices {
      let entry = plan.entries[index]
      let cached = entry.opening?.cachedPrefix?.pages ?? []
      if bug == .sharedPagesFreed { doubledPages += cached }
      if bug == .partlyFilledPageShared, !cached.isEmpty, let first = entry.newPages.first {
        aliases[first] = lastPages.filter { $0.key != entry.sequence }.min { $0.key < $1.key }?.value
      }
      for page in entry.newPages where aliases[page] == nil { aliases[page] = doubledPages.popLast() }
      plan.entries[index].newPages = entry.newPages.map { aliases[$0] ?? $0 }
      if !cached.isEmpty { plan.entries[index].opening?.cachedPrefix?.pages = cached.map { aliases[$0] ?? $0 } }
      if let last = plan.entries[index].newPages.last { lastPages[entry.sequence] = last }
    }
  }
}

extension SimulatedCoordinator {
  /// A sequence that was preempted writes into the pages that it had before.
  private mutating func takeBack(_ plan: inout StepPlan) {
    for index in plan.entries.indices {
      let entry = plan.entries[index]
      let known = pagesOf[entry.sequence] ?? []
      let places = entry.startPosition == 0 ? 0..<entry.newPages.count : 0..<0
      for place in places where known.indices.contains(place) { plan.entries[index].newPages[place] = known[place] }
      pagesOf[entry.sequence, default: []] += entry.newPages
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
