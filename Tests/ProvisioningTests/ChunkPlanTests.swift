import Fixtures
import Testing
import Wire

@testable import Provisioning

@Suite("What to ask for next")
struct ChunkPlanTests {
  private static let contents: [HashedContent] = (0..<40).compactMap { index in
    let byteCount = index % 3 == 0 ? 100 : (index % 7 + 1) * WireLimits.pieceByteCount - index
    return HashedContent(
      byteCount: byteCount,
      pieceHashes: (0..<32 * HashedContent.pieceCount(byteCount: byteCount)).map {
        UInt8(truncatingIfNeeded: $0 + index)
      })
  }

  private static let ranges = contents.flatMap { $0.ranges(ofPieces: 0..<$0.pieceCount) }

  private func plan(now: Duration = .zero) -> ChunkPlan {
    var plan = ChunkPlan(now: now)
    plan.add(Self.ranges)
    return plan
  }

  @Test("no more is under way than the window holds, and what arrives makes room, in order")
  func window() throws {
    var plan = plan()
    var asked = plan.ask(now: .zero)
    #expect(asked.count > 1)
    #expect(asked.count <= plan.settings.windowCount)
    #expect(asked.reduce(0) { $0 + $1.byteCount } <= plan.settings.windowByteCount)
    #expect(plan.ask(now: .zero).isEmpty)
    var all = asked
    while let range = asked.first {
      asked.removeFirst()
      try plan.event(.arrived(range, isGood: true), now: .zero)
      let more = plan.ask(now: .zero)
      asked += more
      all += more
      #expect(asked.reduce(0) { $0 + $1.byteCount } <= plan.settings.windowByteCount)
    }
    #expect(plan.isDone)
    #expect(all == Self.ranges)
  }

  @Test("what was not asked for, or came already, is not expected")
  func unsolicited() throws {
    var plan = plan()
    let asked = plan.ask(now: .zero)
    let later = try #require(Self.ranges.last)
    #expect(!plan.expects(later))
    #expect(plan.expects(asked[0]))
    try plan.event(.arrived(asked[0], isGood: true), now: .zero)
    #expect(!plan.expects(asked[0]))
    var longer = asked[1]
    longer.byteCount += 1
    #expect(!plan.expects(longer))
    // Nor does it change anything.
    try plan.event(.arrived(later, isGood: false), now: .zero)
    try plan.event(.refused(later.content, offset: later.offset, reason: "?"), now: .zero)
  }

  @Test("what does not come is asked for again, and after a new connection at once")
  func againAndAgain() throws {
    var plan = plan()
    let asked = plan.ask(now: .zero)
    try plan.event(.tick, now: .seconds(4))
    #expect(plan.ask(now: .seconds(4)).isEmpty)
    try plan.event(.tick, now: .seconds(5))
    #expect(plan.ask(now: .seconds(5)) == asked)
    try plan.event(.reconnected, now: .seconds(6))
    #expect(plan.ask(now: .seconds(6)) == asked)
  }

  @Test("silence ends in an error, and time in which nothing was asked does not count")
  func silence() throws {
    var plan = ChunkPlan(now: .zero)
    plan.add([Self.ranges[0]])
    _ = plan.ask(now: .seconds(100))
    try plan.event(.tick, now: .seconds(101))
    #expect(throws: ChunkPlan.Failure.silent(.seconds(45))) { try plan.event(.tick, now: .seconds(145)) }
  }

  @Test("a piece that lies is asked for again, and the third time names the coordinator's file")
  func lies() throws {
    var plan = plan()
    let range = plan.ask(now: .zero)[0]
    for _ in 0..<2 {
      try plan.event(.arrived(range, isGood: false), now: .zero)
      #expect(plan.ask(now: .zero) == [range])
    }
    let error = #expect(throws: ChunkPlan.Failure.self) {
      try plan.event(.arrived(range, isGood: false), now: .zero)
    }
    #expect(error.map { "\($0)" }?.contains("not what its manifest says") ?? false)
  }

  @Test("a refusal of what was asked ends it")
  func refused() {
    var plan = plan()
    let range = plan.ask(now: .zero)[0]
    #expect(throws: ChunkPlan.Failure.refused("gone")) {
      try plan.event(.refused(range.content, offset: range.offset, reason: "gone"), now: .zero)
    }
  }

  @Test("over a network that loses, doubles, delays, lies and breaks, everything arrives", arguments: 1...50)
  func simulation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var plan = ChunkPlan(
      settings: { var settings = ChunkPlan.Settings(); settings.lieCount = 1000; return settings }(), now: .zero)
    var rest = Self.contents[...]
    var wire: [(ContentRange, due: Duration)] = []
    var arrived: [ContentRange: Int] = [:]
    var now = Duration.zero
    var turns = 0
    while !(plan.isDone && rest.isEmpty) {
      turns += 1
      try #require(turns < 100_000, "it gets on")
      while plan.isHungry, let content = rest.popFirst() { plan.add(content.ranges(ofPieces: 0..<content.pieceCount)) }
      for range in plan.ask(now: now) {
        if random.next() % 10 == 0 { continue }
        wire.append((range, due: now + .milliseconds(Int(random.next() % 200))))
        if random.next() % 10 == 0 { wire.append((range, due: now + .seconds(Int(random.next() % 8)))) }
      }
      now += .milliseconds(20)
      if random.next() % 500 == 0 {
        wire = []
        try plan.event(.reconnected, now: now)
      }
      for (range, _) in wire.filter({ $0.due <= now }) where plan.expects(range) {
        let isGood = random.next() % 10 != 0
        if isGood { arrived[range, default: 0] += 1 }
        try plan.event(.arrived(range, isGood: isGood), now: now)
      }
      wire.removeAll { $0.due <= now }
      try plan.event(.tick, now: now)
    }
    #expect(arrived.count == Self.ranges.count)
    #expect(arrived.values.allSatisfy { $0 == 1 })
  }
}
