import Evaluation
import Testing

@testable import longhaul

@Suite("When a load test sends what")
struct LoadScheduleTests {
  private static func schedule(_ arrivals: Arrivals, count: Int = 5, until end: Duration? = nil) -> LoadSchedule {
    LoadSchedule(
      arrivals: arrivals, promptLength: .uniform(100...200), answerLength: .normal(mean: 50, deviation: 10),
      prefixGroupCount: 3, prefixTokenCount: 64, seed: 7, count: count, lastArrival: end)
  }

  private static func milliseconds(_ schedule: LoadSchedule) -> [Int] {
    schedule.map { $0.due.map { Int(($0 / .milliseconds(1)).rounded()) } ?? -1 }
  }

  @Test("a seed gives the same requests for ever: lengths, groups and times")
  func golden() {
    let requests = Array(Self.schedule(.poisson(perSecond: 2)))
    #expect(requests.map(\.promptTokenCount) == [192, 152, 100, 141, 192])
    #expect(requests.map(\.answerTokenCount) == [44, 58, 52, 54, 39])
    #expect(requests.map(\.prefixGroup) == [1, 0, 1, 1, 2])
    #expect(Self.milliseconds(Self.schedule(.poisson(perSecond: 2))) == [0, 406, 1330, 1850, 2756])
    #expect(requests.map(\.number) == [0, 1, 2, 3, 4] && requests.allSatisfy { $0.prefixTokenCount == 64 })
  }

  @Test("steady requests come evenly, the first at once")
  func steady() {
    #expect(Self.milliseconds(Self.schedule(.steady(perSecond: 4))) == [0, 250, 500, 750, 1000])
  }

  @Test("a Poisson process has its rate, and gaps that are as long as they vary")
  func poisson() {
    var schedule = Self.schedule(.poisson(perSecond: 10), count: 20_001)
    let times = schedule.compactMap { $0.due.map { $0 / .seconds(1) } }
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
    #expect(abs(mean - 0.1) < 0.002 && abs(deviation - 0.1) < 0.003 && gaps.allSatisfy { $0 > 0 })
    schedule = Self.schedule(.poisson(perSecond: 10), count: 20_001, until: .seconds(2))
    #expect(schedule.allSatisfy { ($0.due ?? .seconds(3)) <= .seconds(2) } && Array(schedule).count < 40)
  }

  @Test("what a request is does not depend on how requests come")
  func independent() {
    func kinds(_ arrivals: Arrivals) -> [[Int]] {
      Self.schedule(arrivals).map { [$0.promptTokenCount, $0.answerTokenCount, $0.prefixGroup ?? -1] }
    }
    #expect(kinds(.poisson(perSecond: 2)) == kinds(.clients(3)) && kinds(.clients(3)) == kinds(.steady(perSecond: 1)))
  }

  @Test("without a prefix, or without groups, no prompt shares its beginning")
  func noGroups() {
    for (groups, tokens) in [(0, 64), (3, 0)] {
      let requests = LoadSchedule(
        arrivals: .clients(1), promptLength: .fixed(8), answerLength: .fixed(8), prefixGroupCount: groups,
        prefixTokenCount: tokens, count: 4)
      #expect(requests.allSatisfy { $0.prefixGroup == nil && $0.prefixTokenCount == 0 })
    }
  }

  @Test("lengths are drawn as they are written, and what is none is refused")
  func lengths() {
    #expect(LengthDistribution(argument: "512") == .fixed(512))
    #expect(LengthDistribution(argument: "128-1024") == .uniform(128...1024))
    #expect(LengthDistribution(argument: "512~128") == .normal(mean: 512, deviation: 128))
    for wrong in ["", "0", "-5", "9-3", "1-", "~", "5~-1", "a", "1-2-3", "99999999999"] {
      #expect(LengthDistribution(argument: wrong) == nil, "\(wrong)")
    }
    var random = SeededRandom(seed: 3)
    let uniform = (0..<4000).map { _ in LengthDistribution.uniform(5...8).length(&random) }
    #expect((5...8).allSatisfy { length in (900...1100).contains(uniform.count { $0 == length }) })
    let normal = (0..<4000).map { _ in LengthDistribution.normal(mean: 100, deviation: 20).length(&random) }
    let mean = Double(normal.reduce(0, +)) / 4000
    #expect(abs(mean - 100) < 1.5 && abs(Double(normal.count { (80...120).contains($0) }) - 2731) < 120)
    #expect((0..<200).allSatisfy { _ in LengthDistribution.normal(mean: 1, deviation: 50).length(&random) >= 1 })
  }

  // MARK: Sending

  @Test("at a rate, requests are sent when they are due, however many run")
  func dispatchByRate() {
    var dispatch = LoadDispatch(Self.schedule(.steady(perSecond: 1), count: 3))
    #expect(dispatch.next(now: .zero, running: 0)?.number == 0)
    #expect(dispatch.next(now: .milliseconds(999), running: 1) == nil && dispatch.nextDue == .seconds(1))
    #expect(dispatch.next(now: .seconds(5), running: 1000)?.number == 1)
    #expect(dispatch.next(now: .seconds(5), running: 1001)?.number == 2)
    #expect(dispatch.next(now: .seconds(9), running: 0) == nil && dispatch.isOver)
  }

  @Test("clients send when one of them is free, and no more after the time is over")
  func dispatchByClients() {
    var dispatch = LoadDispatch(Self.schedule(.clients(2), count: 9, until: .seconds(10)))
    #expect(dispatch.next(now: .zero, running: 0)?.number == 0)
    #expect(dispatch.next(now: .zero, running: 1)?.number == 1)
    #expect(dispatch.next(now: .zero, running: 2) == nil && !dispatch.isOver)
    #expect(dispatch.next(now: .seconds(10), running: 1)?.number == 2)
    #expect(dispatch.next(now: .seconds(11), running: 0) == nil && dispatch.isOver)
  }

  // MARK: Prompts

  @Test("prompts of a group begin alike and go on by themselves; those of two groups begin differently")
  func prompts() {
    let prompt = LoadPrompt(seed: 1)
    func text(_ number: Int, group: Int?) -> [Substring] {
      prompt.text(
        of: PlannedRequest(
          number: number, due: nil, prefixGroup: group, prefixTokenCount: group == nil ? 0 : 50, promptTokenCount: 20,
          answerTokenCount: 1)
      ).split(separator: " ")
    }
    let (first, second, other) = (text(0, group: 0), text(1, group: 0), text(2, group: 1))
    #expect(first.count == 70 && first.prefix(50) == second.prefix(50) && first.suffix(20) != second.suffix(20))
    #expect(other.prefix(50) != first.prefix(50) && text(0, group: nil) == Array(first.suffix(20)))
    #expect(text(0, group: 0) == first)
  }

  @Test("words are counted out of two texts' tokens")
  func measure() throws {
    let measure = try #require(TokenMeasure((words: 32, tokens: 58), (words: 160, tokens: 250)))
    #expect(measure.tokensPerWord == 1.5 && measure.base == 10 && measure.isMeasured)
    #expect(measure.wordCount(310, isAlone: true) == 200 && measure.wordCount(300, isAlone: false) == 200)
    #expect(measure.wordCount(3, isAlone: true) == 1)
    #expect(TokenMeasure((words: 32, tokens: 40), (words: 160, tokens: 40)) == nil)
    #expect(TokenMeasure().wordCount(99, isAlone: true) == 99)
  }
}
