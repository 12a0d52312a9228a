import Core
import Testing

@testable import Scheduling

@Suite("How much of a prompt a step takes beside decodes")
struct PrefillShareTests {
  private func count(
    _ share: PrefillShare, alone: Double? = 0.010, target: Double = 2, steps: Int = 2, price: Double? = nil
  ) -> Int {
    share.tokenCount(alone: alone, latencyTarget: target, stepCount: steps, secondsPerToken: price)
  }

  @Test("what is unknown begins with a few tokens; a prompt's price alone is better than nothing")
  func beginning() {
    #expect(count(PrefillShare()) == PrefillShare.firstTokenCount)
    #expect(count(PrefillShare(), alone: nil, price: 0.001) == PrefillShare.firstTokenCount)
    #expect(count(PrefillShare(), price: 0.001) == 5)
    #expect(count(PrefillShare(), steps: 5, price: 0.001) == 2)
    #expect(count(PrefillShare(), target: 5, price: 0.001) == 20)
    #expect(count(PrefillShare(), price: 1) == 1, "a prompt always goes on")
  }

  @Test("the delay that was measured decides, shared among the steps in flight; older notes count less")
  func measured() {
    var share = PrefillShare()
    // 20 tokens in two steps cost 40 ms.
    for _ in 0..<5 { share.note(tokens: 20, stepCount: 2, seconds: 0.050, alone: 0.010) }
    #expect((2...3).contains(count(share)))
    #expect(count(share, steps: 1) == 5)
    for _ in 0..<200 { share.note(tokens: 20, stepCount: 2, seconds: 0.020, alone: 0.010) }
    #expect(count(share) == 10)
  }

  /// What decodes wait for prompts whose steps carry now more tokens, now fewer, as a line says.
  private func share(intercept: Double, perToken: Double) -> PrefillShare {
    var share = PrefillShare()
    for index in 0..<100 {
      let tokens = index.isMultiple(of: 2) ? 10 : 30
      share.note(
        tokens: tokens, stepCount: 1, seconds: 0.010 + intercept + perToken * Double(tokens), alone: 0.010)
    }
    return share
  }

  @Test("what a prompt costs that goes on at all is no token's price: a share is what is left of the bound")
  func intercept() {
    // Ten milliseconds are borne, three of them are not the tokens' own.
    #expect((13...15).contains(count(share(intercept: 0.003, perToken: 0.0005), steps: 1)))
    #expect(count(share(intercept: 0, perToken: 0.0005), steps: 1) == 20)
  }

  @Test("where nothing is left of the bound, a prompt still gets half of what would be borne without, and no more")
  func least() {
    // Half of ten milliseconds and ten more at most; counts alternate by a quarter around it.
    for intercept in [0.010, 0.020] {
      let share = share(intercept: intercept, perToken: 0.001)
      let tokens = count(share, steps: 1)
      #expect((6...13).contains(tokens), "\(tokens) for \(intercept) s")
    }
    #expect(count(share(intercept: 0.010, perToken: 0.001), target: 3, steps: 1) >= 10)
  }

  @Test("a round that something else delayed hardly counts")
  func outlier() {
    var share = share(intercept: 0, perToken: 0.0005)
    share.note(tokens: 20, stepCount: 1, seconds: 60, alone: 0.010)
    #expect((12...20).contains(count(share, steps: 1)), "\(count(share, steps: 1))")
  }

  @Test("tokens that seem to cost nothing let a share double, and no more")
  func growth() {
    var share = PrefillShare()
    share.note(tokens: 32, stepCount: 2, seconds: 0.009, alone: 0.010)
    #expect(count(share) == 32)
    #expect(count(share, price: 0.002) == 10, "a quarter of the price alone is believed at least")
    share.note(tokens: 0, stepCount: 2, seconds: 1, alone: 0.010)
    #expect(count(share) == 32)
  }

  /// A stage reads its weights while it computes; attention makes later tokens dearer.
  private static func seconds(_ plan: StepPlan) -> Double {
    let rows = plan.entries.reduce(0.0) { sum, entry in
      sum + Double(entry.tokens.count) * (0.0003 + 0.000_000_1 * Double(entry.startPosition))
    }
    return 0.001 + max(0.003, rows)
  }

  private static let chats: ClosedRange<UInt64> = 1...8

  @Test("chats keep half their pace beside a long prompt, and the prompt about half of its own", arguments: [1, 2, 4])
  func bounded(stages: Int) throws {
    let promptCount = 6000
    let alone = PacedPipeline(stages: stages, stageSeconds: Self.seconds)
    try alone.submit(100, prompt: promptCount, new: 1)
    try alone.run { $0.finished.contains(SequenceID(100)) }
    let shared = PacedPipeline(stages: stages, stageSeconds: Self.seconds)
    for id in Self.chats { try shared.submit(id, prompt: 20, new: 20_000) }
    try shared.run { $0.now > .seconds(2) }
    let before = shared.slowToken(of: Self.chats, in: .seconds(1) ..< .seconds(2))
    let start = shared.now
    try shared.submit(100, prompt: promptCount, new: 1)
    try shared.run { $0.finished.contains(SequenceID(100)) }
    let beside = shared.slowToken(of: Self.chats, in: start..<shared.now)
    #expect(beside < 2.2 * before, "\(before) s became \(beside) s")
    let (lone, busy) = (alone.now / .seconds(1), (shared.now - start) / .seconds(1))
    #expect(lone > 0.45 * busy, "\(lone) s became \(busy) s")
  }

  /// Stages that compute, and a cost of every step that carries a prompt, however little of it.
  private static func secondsWithFixedCost(_ plan: StepPlan) -> Double {
    let rows = plan.entries.reduce(0.0) { sum, entry in
      sum + Double(entry.tokens.count) * (0.0005 + 0.000_000_05 * Double(entry.startPosition))
    }
    return 0.0013 + rows + (plan.chunks.isEmpty ? 0 : 0.003)
  }

  @Test("where steps of a prompt cost much however few tokens they carry, a prompt does not starve", arguments: [1, 2])
  func fixedCost(stages: Int) throws {
    let chats: ClosedRange<UInt64> = 1...4
    let alone = PacedPipeline(stages: stages, stageSeconds: Self.secondsWithFixedCost)
    try alone.submit(100, prompt: 3000, new: 1)
    try alone.run { $0.finished.contains(SequenceID(100)) }
    let shared = PacedPipeline(stages: stages, stageSeconds: Self.secondsWithFixedCost)
    for id in chats { try shared.submit(id, prompt: 20, new: 20_000) }
    try shared.run { $0.now > .seconds(2) }
    let before = shared.slowToken(of: chats, in: .seconds(1) ..< .seconds(2))
    let start = shared.now
    try shared.submit(100, prompt: 3000, new: 1)
    try shared.run { $0.finished.contains(SequenceID(100)) }
    let beside = shared.slowToken(of: chats, in: start..<shared.now)
    // With one token a step it would be 2.3 and 2.7 times as long, and a prompt a ninth as fast as alone.
    #expect(beside < 4 * before, "\(before) s became \(beside) s")
    let (lone, busy) = (alone.now / .seconds(1), (shared.now - start) / .seconds(1))
    #expect(lone > 0.22 * busy, "\(lone) s became \(busy) s")
  }

  @Test("beside a long prompt decodes are measured alone again and again, in few steps", arguments: [1, 2])
  func remeasured(stages: Int) throws {
    let pipeline = PacedPipeline(stages: stages, stageSeconds: Self.seconds)
    for id in Self.chats { try pipeline.submit(id, prompt: 20, new: 20_000) }
    try pipeline.run { $0.now > .seconds(1) }
    let start = pipeline.now
    try pipeline.submit(100, prompt: 20_000, new: 1)
    try pipeline.run { $0.now > start + .seconds(2) }
    let shares = pipeline.shares.suffix(20)
    // All processors get other work, for good.
    pipeline.slowness = 3
    try pipeline.run { $0.now > start + .seconds(14) }
    #expect(!pipeline.finished.contains(SequenceID(100)))
    #expect((8...60).contains(pipeline.loneDecodeStepCount), "\(pipeline.loneDecodeStepCount)")
    let (before, after) = (shares.reduce(0, +), pipeline.shares.suffix(20).reduce(0, +))
    #expect(3 * after > before, "\(before) tokens became \(after), though decodes alone became as slow")
  }

  @Test("a higher target gives prompts more")
  func target() throws {
    let times = try [1.5, 2, 6].map { target in
      let pipeline = PacedPipeline(stages: 2, latencyTarget: target, stageSeconds: Self.seconds)
      for id in Self.chats { try pipeline.submit(id, prompt: 20, new: 20_000) }
      try pipeline.run { $0.now > .seconds(1) }
      let start = pipeline.now
      try pipeline.submit(100, prompt: 2000, new: 1)
      try pipeline.run { $0.finished.contains(SequenceID(100)) }
      return (pipeline.now - start) / .seconds(1)
    }
    #expect(times[0] > times[1] && times[1] > times[2], "\(times)")
  }

  @Test("a question asked beside a book is read long before the book is", arguments: [false, true])
  func question(withChats: Bool) throws {
    let pipeline = PacedPipeline(stages: 2, stageSeconds: Self.seconds)
    if withChats {
      for id in Self.chats { try pipeline.submit(id, prompt: 20, new: 20_000) }
      try pipeline.run { $0.now > .seconds(1) }
    }
    try pipeline.submit(100, prompt: 20_000, new: 1)
    let start = pipeline.now
    try pipeline.run { $0.now > start + .seconds(2) }
    let asked = pipeline.now
    try pipeline.submit(101, prompt: 100, new: 1)
    try pipeline.run { $0.finished.contains(SequenceID(101)) }
    #expect(!pipeline.finished.contains(SequenceID(100)))
    #expect(pipeline.now - asked < .seconds(withChats ? 2 : 1), "\(pipeline.now - asked)")
  }

  @Test("with no decode beside, or none that runs, chunks are as large as they may be")
  func unshared() throws {
    let pipeline = PacedPipeline(stages: 1, stageSeconds: Self.seconds)
    try pipeline.submit(1, prompt: 1000, new: 1)
    try pipeline.run { $0.finished.contains(SequenceID(1)) }
    #expect(pipeline.shares.isEmpty && pipeline.now < .seconds(2))
  }
}
