import Foundation
import Synchronization
import Testing

@testable import longhaul

@Suite("A load test against a server that fails in many ways", .timeLimit(.minutes(2)))
struct LoadRunTests {
  private static func test(
    _ address: String, _ arrivals: Arrivals, count: Int, key: String? = nil, secondsAtMost: Double = 60
  ) throws -> LoadTest {
    var target = try LoadTarget(address)
    target.model = "m"
    return LoadTest(
      target: target,
      schedule: LoadSchedule(
        arrivals: arrivals, promptLength: .fixed(210), answerLength: .fixed(3), count: count),
      latencyTarget: LatencyTarget(), key: key, secondsAtMost: secondsAtMost, isQuiet: true)
  }

  /// Runs without a look at signals, which are the process's.
  private static func report(_ test: LoadTest, stop: LoadRun.Stop = .init()) async throws -> LoadReport {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try test.measure(stop).report }) }
    }
  }

  @Test("refused, cut, stalled and dropped requests are counted each by its kind; the others are measured")
  func failures() async throws {
    let server = try FakeServer { number, _, body in
      switch number {
      case 3: FakeServer.refusal(429, "too many wait")
      case 4: .answers([FakeServer.streamHead, FakeServer.piece("a")])
      case 5: .stalls([FakeServer.streamHead, FakeServer.piece("a")])
      case 6: .closesAtOnce
      case 7: .answers([FakeServer.streamHead, "data: {\"error\":{\"message\":\"lost\"}}\n\n"])
      case 8: FakeServer.refusal(503, "no workers")
      case 9: FakeServer.refusal(429, "too many wait still")
      default: FakeServer.wholeAnswer(to: body)
      }
    }
    defer { server.close() }
    let report = try await Self.report(try Self.test(server.address, .clients(1), count: 10, secondsAtMost: 1))
    let expected = [
      "HTTP 429": 2, "HTTP 503": 1, "cut": 1, "error event": 1, "no answer": 1, "timed out": 1,
    ]
    #expect(Dictionary(uniqueKeysWithValues: report.failures.map { ($0.kind, $0.count) }) == expected)
    #expect(report.sent == 10 && report.finished == 3 && report.failed == 7 && report.interrupted == 0)
    #expect(report.timeToFirstToken?.count == 3 && report.answerTokens == 9 && report.tokensCountedBy == "usage")
    // Two tokens a word and ten more: 100 words make the 210 that were asked for.
    #expect(report.promptTokens == 3 * 210 && report.promptTokensMeasured)
  }

  @Test("at a rate, a server that answers nothing gets the later requests, too; the end leaves them as interrupted")
  func openLoop() async throws {
    let stop = LoadRun.Stop()
    let server = try FakeServer { number, _, body in
      if number < 2 { return FakeServer.wholeAnswer(to: body) }
      if number == 6 { stop.set() }
      return .stalls([FakeServer.streamHead])
    }
    defer { server.close() }
    let report = try await Self.report(try Self.test(server.address, .steady(perSecond: 200), count: 500), stop: stop)
    #expect(report.interrupted >= 5 && report.finished == 0 && report.failed == 0)
    #expect(report.sent == report.interrupted && report.sent < 500)
  }

  @Test("clients never have more requests at once than there are clients")
  func closedLoop() async throws {
    let open = Mutex((now: 0, most: 0))
    let server = try FakeServer { _, _, body in
      open.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      usleep(5000)
      open.withLock { $0.now -= 1 }
      return FakeServer.wholeAnswer(to: body)
    }
    defer { server.close() }
    let report = try await Self.report(try Self.test(server.address, .clients(3), count: 30))
    #expect(report.finished == 30 && open.withLock { $0.most } <= 3)
  }

  @Test("the key is sent, and the request asks for a stream with usage and the drawn length")
  func request() async throws {
    let seen = Mutex<[(head: String, body: String)]>([])
    let server = try FakeServer { _, head, body in
      seen.withLock { $0.append((head, body)) }
      return FakeServer.wholeAnswer(to: body)
    }
    defer { server.close() }
    _ = try await Self.report(try Self.test(server.address + "/v1/", .clients(1), count: 1, key: "secret"))
    let (head, body) = try #require(seen.withLock { $0.last })
    #expect(head.hasPrefix("POST /v1/chat/completions ") && head.contains("Authorization: Bearer secret"))
    for part in ["\"model\":\"m\"", "\"max_tokens\":3", "\"ignore_eos\":true", "\"include_usage\":true"] {
      #expect(body.replacing(" ", with: "").contains(part), "\(part)")
    }
  }

  @Test("a server that refuses the first request is named with what it says, before any load")
  func refused() async throws {
    let server = try FakeServer { _, _, _ in FakeServer.refusal(401, "no key") }
    defer { server.close() }
    let failure = await #expect(throws: CommandFailure.self) {
      try await Self.report(try Self.test(server.address, .clients(1), count: 1))
    }
    #expect(failure?.status == .unavailable && failure?.description.contains("no key") == true)
  }

  @Test("what is no address is refused; a path is kept, and /v1 stands for none")
  func addresses() throws {
    #expect(try LoadTarget("http://host:80").url == "http://host:80/v1/chat/completions")
    #expect(try LoadTarget("https://host/api/v3/").base == "https://host/api/v3")
    for wrong in ["host:80", "ftp://host", "http://", "http:///x", "http://a b", "http://ä"] {
      #expect(throws: CommandFailure.self, "\(wrong)") { try LoadTarget(wrong) }
    }
  }
}
