import Fixtures
import Testing
import Wire

@testable import WeightDistribution

@Suite("What to ask for next")
struct FetchPlanTests {
  private static let contents: [HashedContent] = (0..<40).compactMap { index in
    let byteCount = index % 3 == 0 ? 100 : (index % 7 + 1) * WireLimits.blockByteCount - index
    return HashedContent(
      byteCount: byteCount,
      blockHashes: (0..<32 * HashedContent.blockCount(byteCount: byteCount)).map {
        UInt8(truncatingIfNeeded: $0 + index)
      })
  }

  private static let ranges = contents.flatMap { $0.ranges(ofBlocks: 0..<$0.blockCount) }

  private func plan(peers: Int = 0, now: Duration = .zero) -> FetchPlan {
    var plan = FetchPlan(peerCount: peers, now: now)
    plan.add(Self.ranges)
    return plan
  }

  @Test("no more is under way than the window holds, and what arrives makes room, in order")
  func window() throws {
    var plan = plan()
    var asked = plan.ask(now: .zero).map(\.range)
    #expect(asked.count > 1)
    #expect(asked.count <= plan.settings.windowCount)
    #expect(asked.reduce(0) { $0 + $1.byteCount } <= plan.settings.windowByteCount)
    #expect(plan.ask(now: .zero).isEmpty)
    var all = asked
    while let range = asked.first {
      asked.removeFirst()
      try plan.event(.arrived(range, isGood: true), now: .zero)
      let more = plan.ask(now: .zero).map(\.range)
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
    let asked = plan.ask(now: .zero).map(\.range)
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
    #expect(plan.deadline == nil)
    let asked = plan.ask(now: .zero).map(\.range)
    #expect(plan.deadline == .seconds(5))
    try plan.event(.tick, now: .seconds(4))
    #expect(plan.ask(now: .seconds(4)).isEmpty)
    try plan.event(.tick, now: .seconds(5))
    #expect(plan.ask(now: .seconds(5)).map(\.range) == asked)
    try plan.event(.reconnected(), now: .seconds(6))
    #expect(plan.ask(now: .seconds(6)).map(\.range) == asked)
  }

  @Test("silence ends in an error, and time in which nothing was asked does not count")
  func silence() throws {
    var plan = FetchPlan(now: .zero)
    plan.add([Self.ranges[0]])
    _ = plan.ask(now: .seconds(100))
    try plan.event(.tick, now: .seconds(101))
    // Asking again, which happens meanwhile, is no answer.
    for second in 102..<145 {
      try plan.event(.tick, now: .seconds(second))
      _ = plan.ask(now: .seconds(second))
    }
    #expect(throws: FetchPlan.Failure.silent(.seconds(45))) { try plan.event(.tick, now: .seconds(145)) }
  }

  @Test("a block that lies is asked for again, and the third time names the coordinator's file")
  func lies() throws {
    var plan = plan()
    let range = plan.ask(now: .zero)[0].range
    for _ in 0..<2 {
      try plan.event(.arrived(range, isGood: false), now: .zero)
      #expect(plan.ask(now: .zero).map(\.range) == [range])
    }
    let error = #expect(throws: FetchPlan.Failure.self) {
      try plan.event(.arrived(range, isGood: false), now: .zero)
    }
    #expect(error.map { "\($0)" }?.contains("not what its manifest says") ?? false)
  }

  @Test("a refusal of what was asked ends it")
  func refused() {
    var plan = plan()
    let range = plan.ask(now: .zero)[0].range
    #expect(throws: FetchPlan.Failure.refused("gone")) {
      try plan.event(.refused(range.content, offset: range.offset, reason: "gone"), now: .zero)
    }
  }

  @Test("workers are asked first, the least busy of them, and the coordinator for what none of them has")
  func workersFirst() throws {
    var plan = plan(peers: 2)
    let asked = plan.ask(now: .zero)
    #expect(Set(asked.map(\.source)) == [.peer(0), .peer(1)])
    for peer in 0..<2 {
      let bytes = asked.filter { $0.source == .peer(peer) }.reduce(0) { $0 + $1.range.byteCount }
      #expect(bytes <= plan.settings.windowByteCount && bytes > plan.settings.windowByteCount / 2)
    }
    let first = try #require(asked.first)
    func refuse(from source: FetchPlan.Source) throws -> [FetchPlan.Request] {
      try plan.event(
        .refused(first.range.content, offset: first.range.offset, from: source, reason: "not here"), now: .zero)
      return plan.ask(now: .zero).filter { $0.range == first.range }
    }
    let other: FetchPlan.Source = first.source == .peer(0) ? .peer(1) : .peer(0)
    #expect(try refuse(from: .coordinator).isEmpty)
    // Its window may be full; then the block waits for room there.
    var second = try refuse(from: first.source)
    for question in asked where question.source == other {
      try plan.event(.arrived(question.range, from: other, isGood: true), now: .zero)
      second += plan.ask(now: .zero).filter { $0.range == first.range }
    }
    #expect(second.map(\.source) == [other])
    #expect(try refuse(from: other).map(\.source) == [.coordinator])
    #expect(plan.takeDepartures().isEmpty)
  }

  @Test("a worker that lies, is slow or breaks off is left at once and for good, and nothing that it had is lost")
  func left() throws {
    for reason in [FetchPlan.Departure.Reason.wrong, .slow, .broke] {
      var plan = plan(peers: 1)
      let asked = plan.ask(now: .zero)
      #expect(asked.allSatisfy { $0.source == .peer(0) })
      switch reason {
      case .wrong: try plan.event(.arrived(asked[0].range, from: .peer(0), isGood: false), now: .zero)
      case .broke: try plan.event(.broke(.peer(0)), now: .zero)
      case .slow:
        // Not even when everything else comes.
        for question in asked.dropFirst() {
          try plan.event(.arrived(question.range, from: .peer(0), isGood: true), now: .seconds(2))
        }
        try plan.event(.tick, now: .seconds(2))
        #expect(plan.takeDepartures().isEmpty)
        try plan.event(.tick, now: plan.settings.peerTimeout)
      }
      #expect(plan.takeDepartures() == [.init(peer: 0, reason: reason)])
      #expect(plan.takeDepartures().isEmpty)
      #expect(!asked.contains { plan.expects($0.range, from: .peer(0)) })
      let again = plan.ask(now: plan.settings.peerTimeout)
      #expect(again.allSatisfy { $0.source == .coordinator })
      #expect(again.map(\.range).contains(asked[0].range))
    }
  }

  @Test("workers that have everything leave the coordinator alone, for however long")
  func nothingForTheCoordinator() throws {
    var plan = plan(peers: 3)
    var now = Duration.zero
    var asked = plan.ask(now: now)
    while let question = asked.first {
      now += .seconds(1)
      #expect(question.source != .coordinator)
      asked.removeFirst()
      try plan.event(.arrived(question.range, from: question.source, isGood: true), now: now)
      let more = plan.ask(now: now)
      asked += more
      #expect(asked.reduce(0) { $0 + $1.range.byteCount } <= plan.settings.totalByteCount)
      // The time is the coordinator's to answer in, and it was not asked.
      if now < plan.settings.peerTimeout { try plan.event(.tick, now: now) }
    }
    #expect(plan.isDone)
  }

  @Test("over a network that loses, doubles, delays, lies and breaks, everything arrives", arguments: 1...50)
  func simulation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let peerCount = Int(seed % 4)
    var plan = FetchPlan(
      settings: {
        var settings = FetchPlan.Settings(); settings.wrongBlockLimit = 1000; return settings
      }(),
      peerCount: peerCount, now: .zero)
    var rest = Self.contents[...]
    var wire: [(FetchPlan.Request, due: Duration)] = []
    var arrived: [ContentRange: Int] = [:]
    var departures: [Int] = []
    var now = Duration.zero
    var turns = 0
    while !(plan.isDone && rest.isEmpty) {
      turns += 1
      try #require(turns < 100_000, "it gets on")
      while plan.isHungry, let content = rest.popFirst() { plan.add(content.ranges(ofBlocks: 0..<content.blockCount)) }
      for question in plan.ask(now: now) {
        if case .peer(let peer) = question.source {
          #expect(!departures.contains(peer))
          // A worker has every second or third content.
          let range = question.range
          if range.content.bytes[0] % UInt8(peer + 2) != 0 {
            try plan.event(.refused(range.content, offset: range.offset, from: question.source, reason: ""), now: now)
            continue
          }
        }
        if random.next() % (question.source == .coordinator ? 10 : 100) == 0 { continue }
        wire.append((question, due: now + .milliseconds(Int(random.next() % 200))))
        if random.next() % 10 == 0 { wire.append((question, due: now + .seconds(Int(random.next() % 8)))) }
      }
      now += .milliseconds(20)
      if random.next() % 500 == 0 {
        let source = peerCount == 0 || random.next() % 2 == 0 ? .coordinator : FetchPlan.Source.peer(0)
        wire.removeAll { $0.0.source == source }
        try plan.event(.broke(source), now: now)
        try plan.event(.reconnected(source), now: now)
      }
      for (question, _) in wire.filter({ $0.due <= now }) where plan.expects(question.range, from: question.source) {
        let isGood = random.next() % (question.source == .coordinator ? 10 : 50) != 0
        if isGood { arrived[question.range, default: 0] += 1 }
        try plan.event(.arrived(question.range, from: question.source, isGood: isGood), now: now)
      }
      wire.removeAll { $0.due <= now }
      try plan.event(.tick, now: now)
      departures += plan.takeDepartures().map(\.peer)
    }
    #expect(arrived.count == Self.ranges.count)
    #expect(arrived.values.allSatisfy { $0 == 1 })
    #expect(Set(departures).count == departures.count)
  }
}
