import Core
import TestTraits
import Testing

@testable import OpenAIAPI

@Suite("Limits of API keys", .timeLimit(.minutes(5)))
struct KeyLimitTests {
  private static let start = ContinuousClock.now

  /// Seconds that a request has to wait at each of these times; nil where it was taken.
  private static func waits(_ allowance: inout KeyAllowance, at times: [Double]) -> [Int?] {
    times.map { time in
      allowance.admit(now: start + .seconds(time)).map { Int(($0.wait / .seconds(1)).rounded()) }
    }
  }

  @Test("Requests come back evenly, and never more than a minute's")
  func requests() {
    var allowance = KeyAllowance(KeyLimits(requestsPerMinute: 2), now: Self.start)
    let waits = Self.waits(&allowance, at: [0, 0, 0, 15, 30, 30, 3600, 3600, 3600])
    #expect(waits == [nil, nil, 30, 15, nil, 30, nil, nil, 30])
  }

  @Test("A request may cost more tokens than are left, and the next one waits until there are some")
  func tokens() {
    var allowance = KeyAllowance(KeyLimits(tokensPerMinute: 60), now: Self.start)
    allowance.charge(tokens: 70)
    let waits = Self.waits(&allowance, at: [0, 5, 12])
    #expect(waits == [11, 6, nil])
  }

  @Test("A key that has asked for too much gets 429 with when to come again, and no other key does")
  func refusal() async throws {
    var settings = APISettings()
    settings.apiKeys = ["a", "b", "c"]
    settings.keyLimits = [KeyLimits(requestsPerMinute: 1), KeyLimits(tokensPerMinute: 5)]
    let engine = CannedEngine.answering(String(repeating: "x", count: 200))
    try await engine.server(settings).whileServing { port in
      func ask(_ key: String, stream: Bool = false) async throws -> Reply {
        let request = RawRequest(
          method: "POST", path: "/v1/completions", headers: ["x-api-key": key],
          body: #"{"prompt":"xy","stream":\#(stream)}"#)
        return try #require(await OwnThread.run { request.response(port: port) })
      }
      #expect(try await ask("a").status == 200)
      let refused = try await ask("a")
      #expect(refused.status == 429 && refused.json["error"]["code"].text == "rate_limit_exceeded")
      #expect(refused.header("Retry-After").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
      #expect(try await ask("b", stream: true).status == 200)
      #expect(try await ask("b").status == 429)
      #expect(try await ask("c").status == 200)
      #expect(try await ask("c").status == 200)
      let models = RawRequest(path: "/v1/models", headers: ["x-api-key": "a"])
      #expect(await OwnThread.run { models.response(port: port)?.status } == 200)
    }
  }
}
