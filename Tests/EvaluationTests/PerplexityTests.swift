import Evaluation
import Core
import Testing

@Suite("Perplexity by sliding windows")
struct PerplexityTests {
  @Test("windows of every length end at the same positions and score the same tokens")
  func windows() throws {
    let windows = try SlidingWindows(tokenCount: 1000, longestLength: 256, stride: 64, count: nil)
    #expect(windows.ends.count == 12)
    #expect(windows.ends.last.map { $0 <= 1000 && $0 + 64 > 1000 } == true)
    for length in [64, 128, 256] {
      var scored: [Int] = []
      for index in windows.ends.indices {
        let window = windows.window(index, length: length)
        scored += Array(window.lowerBound + windows.firstScored(length: length)..<window.upperBound)
      }
      // A window of the stride's length cannot score its first token.
      let expected = Array(192..<windows.ends[11]).filter { length > 64 || $0 % 64 != 0 }
      #expect(scored == expected, "\(length)")
    }
  }

  @Test("a text too short for its windows is rejected with both numbers")
  func tooShort() throws {
    #expect(throws: TextTooShort(tokenCount: 100, neededCount: 128, windowCount: 1)) {
      try SlidingWindows(tokenCount: 100, longestLength: 128, stride: 8, count: nil)
    }
    #expect(throws: TextTooShort(tokenCount: 150, neededCount: 152, windowCount: 4)) {
      try SlidingWindows(tokenCount: 150, longestLength: 128, stride: 8, count: 4)
    }
    #expect(throws: TextTooShort.self) {
      try SlidingWindows(tokenCount: 150, longestLength: 128, stride: .max / 2, count: 9)
    }
    #expect(try SlidingWindows(tokenCount: 152, longestLength: 128, stride: 8, count: 4).ends.last == 152)
  }

  @Test("each length gets each policy once, and none that does not admit it")
  func cases() throws {
    let windows = try SlidingWindows(tokenCount: 40_000, longestLength: 20_000, stride: 8, count: 2)
    let measurement = try PerplexityMeasurement(
      tokens: Array(repeating: 5, count: 40_000), windows: windows, lengths: [128, 512, 20_000],
      settings: [.plain, .automatic, PolicySetting(PolicyRequest(groupSize: 8, neighborWindow: 64))], trainedLength: 256
    )
    #expect(
      measurement.cases.map { "\($0.length) \($0.setting)" } == [
        "128 plain", "128 8x64", "512 plain", "512 auto", "20000 plain", "20000 8x64",
      ])
  }

  @Test("rows carry the engine's scores, the same for any number of requests in flight")
  func rows() async throws {
    let tokens = (0..<600).map { TokenID(3 + $0 % 250) }
    let windows = try SlidingWindows(tokenCount: 600, longestLength: 512, stride: 16, count: nil)
    let measurement = try PerplexityMeasurement(
      tokens: tokens, windows: windows, lengths: [128, 512], settings: [.plain, .automatic], trainedLength: 256)
    let engine = FunctionEngine(logprob: { request, policy, index in
      -Float(request.prompt[index]) / 100 - (policy.groups ? 0 : Float(request.prompt.count) / 256)
    })
    var first: [PerplexityMeasurement.Row]?
    for concurrency in [1, 2, 3, 7] {
      var progress: [Int] = []
      let rows = try await measurement.rows(through: EngineBatch(engine: engine, concurrency: concurrency)) {
        progress.append($0)
      }
      #expect(progress == Array(1...measurement.requestCount))
      #expect(rows.map(\.estimate.scoredTokenCount) == Array(repeating: 16 * windows.ends.count, count: 3))
      #expect(rows[1].estimate.perplexity > rows[2].estimate.perplexity)
      #expect(first == nil || first == rows)
      first = rows
    }
  }
}
