import Testing

@testable import longhaul

@Suite("The figures of a load test")
struct LoadReportTests {
  /// Times in milliseconds; `tokens` pairs them with how many came.
  private static func record(
    due: Int, sent: Int? = nil, tokens: [(Int, Int)], ended: Int,
    outcome: LoadRecord.Outcome = .finished(reason: "stop")
  ) -> LoadRecord {
    LoadRecord(
      number: 0, outcome: outcome, due: .milliseconds(due), sent: .milliseconds(sent ?? due),
      ended: .milliseconds(ended), marks: tokens.map { .init(time: .milliseconds($0.0), tokenCount: $0.1) },
      promptTokenCount: 10, cachedTokenCount: 4, answerTokenCount: tokens.reduce(0) { $0 + $1.1 },
      counting: .runningUsage)
  }

  private static func report(_ records: [LoadRecord], _ target: LatencyTarget = LatencyTarget()) throws -> LoadReport {
    let test = LoadTest(
      target: try LoadTarget("http://host:1"),
      schedule: LoadSchedule(
        arrivals: .clients(1), promptLength: .fixed(1), answerLength: .fixed(1), count: 1),
      latencyTarget: target, key: nil, secondsAtMost: 1, isQuiet: true)
    return LoadReport(records, of: test, model: "m", measure: TokenMeasure())
  }

  @Test("a percentile is the least value that so many per cent do not exceed")
  func percentiles() throws {
    let ten = try #require(Percentiles([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]))
    #expect(ten(50) == 5 && ten(90) == 9 && ten(91) == 10 && ten(99) == 10 && ten(0) == 1 && ten(100) == 10)
    #expect(ten.mean == 5.5 && ten.greatest == 10 && ten.count == 10)
    let hundred = try #require(Percentiles((1...100).map(Double.init)))
    #expect(hundred(99) == 99 && hundred(95) == 95 && hundred(50) == 50)
    let one = try #require(Percentiles([3]))
    #expect(one(1) == 3 && one(99) == 3 && Percentiles([]) == nil)
  }

  @Test("times count from when a request was due; tokens that come at once share the time before them")
  func times() {
    let record = Self.record(due: 100, sent: 130, tokens: [(200, 1), (260, 2), (320, 1)], ended: 330)
    #expect(record.timeToFirstToken == .milliseconds(100) && record.endToEnd == .milliseconds(230))
    #expect(record.tokenGaps == [.milliseconds(30), .milliseconds(30), .milliseconds(60)])
    #expect(record.timePerToken == .milliseconds(40))
    #expect(Self.record(due: 0, tokens: [(5, 3)], ended: 6).timePerToken == nil)
  }

  @Test("failed and interrupted requests are counted, by kind, and are in no percentile")
  func failures() throws {
    func failed(_ kind: String, _ text: String) -> LoadRecord {
      Self.record(due: 0, tokens: [(900, 1)], ended: 1000, outcome: .failed(.init(kind: kind, text: text)))
    }
    let report = try Self.report([
      Self.record(due: 0, tokens: [(100, 1), (200, 1)], ended: 500), failed("cut", "c"),
      failed("HTTP 429", "first"), failed("HTTP 429", "second"),
      Self.record(due: 0, tokens: [], ended: 2000, outcome: .interrupted),
    ])
    #expect([report.sent, report.finished, report.failed, report.interrupted] == [5, 1, 3, 1])
    #expect(report.failures.map { "\($0.count) \($0.kind) \($0.example)" } == ["2 HTTP 429 first", "1 cut c"])
    #expect(report.timeToFirstToken?.count == 1 && report.timeToFirstToken?.greatest == 0.1)
    #expect(report.seconds == 2 && report.requestsPerSecond == 0.5 && report.answerTokensPerSecond == 1)
    #expect(report.promptTokens == 10 && report.cachedTokens == 4)
    #expect(report.lines.contains("  2 x HTTP 429: first"))
  }

  @Test("goodput counts what finished within every target, of all that ended")
  func goodput() throws {
    let records = [
      // Every target met.
      Self.record(due: 0, tokens: [(100, 1), (120, 1)], ended: 130),
      // Its first token is late.
      Self.record(due: 0, tokens: [(101, 1), (120, 1)], ended: 130),
      // Its tokens are slow.
      Self.record(due: 0, tokens: [(100, 1), (121, 1)], ended: 130),
      // It ends late.
      Self.record(due: 0, tokens: [(100, 1), (120, 1)], ended: 1000),
      // It fails early.
      Self.record(due: 0, tokens: [(10, 1)], ended: 20, outcome: .failed(.init(kind: "cut", text: ""))),
    ]
    let target = LatencyTarget(
      firstToken: .milliseconds(100), perToken: .milliseconds(20), endToEnd: .milliseconds(130))
    let goodput = try #require(try Self.report(records, target).goodput)
    #expect(goodput.requests == 1 && goodput.share == 0.2 && goodput.requestsPerSecond == 1)
    #expect(goodput.answerTokensPerSecond == 2)
    #expect(try Self.report(records).goodput == nil)
    let loose = try #require(try Self.report(records, LatencyTarget(endToEnd: .seconds(9))).goodput)
    #expect(loose.requests == 4 && loose.share == 0.8)
  }

  @Test("a test that sent nothing has a report, too")
  func empty() throws {
    let report = try Self.report([], LatencyTarget(endToEnd: .seconds(1)))
    #expect(report.sent == 0 && report.seconds == 0 && report.goodput?.share == 0 && report.timeToFirstToken == nil)
    #expect(!report.lines.isEmpty)
  }
}
