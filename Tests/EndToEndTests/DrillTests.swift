import Foundation
import Synchronization
import Testing

/// Kills workers at random under a load of requests and compares every answer with the undisturbed one.
///
/// `LONGHAUL_DRILL_KILLS` and `LONGHAUL_DRILL_REQUESTS` set the size; a small one unless set.
struct Drill {
  struct Report: CustomStringConvertible {
    var requests = 0
    var kills = 0
    var failed = 0
    var altered = 0
    /// From each kill until the next token anywhere, in seconds.
    var pauses: [Double] = []

    var description: String {
      let sorted = pauses.sorted()
      func percentile(_ share: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
      }
      return String(
        format: "%d kills in %d requests: %d failed, %d altered; kill to next token of a request under way "
          + "p50 %.3f s, p90 %.3f s, p99 %.3f s, longest %.3f s (%d measured)",
        kills, requests, failed, altered, percentile(0.5), percentile(0.9), percentile(0.99), sorted.last ?? 0,
        sorted.count)
    }
  }

  private struct State {
    var nextRequest = 0
    var report = Report()
    var killTimes: [ContinuousClock.Instant] = []
    var arrivals: [[ContinuousClock.Instant]] = []
  }

  let killCount: Int
  let requestCount: Int
  let clientCount = 6

  /// Half greedy, half seeded, of different lengths.
  static func body(_ index: Int) -> String {
    let prompts = ["Once upon a time", "The whale", "It was the best of times, it was", "My dear Watson"]
    let long = String(repeating: "The little dog ran to the old house by the river. ", count: index % 5 * 4)
    return EndToEnd.Recovery.request(
      long + prompts[index % 4], tokens: 64, seed: index % 2 == 0 ? nil : index % 16, more: ", \"stream\": true")
  }

  func run() async throws -> Report {
    let cluster = try await ServedCluster(
      workerCount: 3, spareCount: 1, arguments: ["--sequences", "6", "--context", "2048"])
    let client = StreamingClient(port: cluster.port)
    let kinds = 80
    let expected = (0..<min(kinds, requestCount)).map { StreamedText(client.complete(Self.body($0)).body) }
    for text in expected { try #require(text.isDone && text.error == nil && text.finishReason == "length") }

    let state = Mutex(State())
    let requestCount = requestCount
    let group = DispatchGroup()
    for _ in 0..<clientCount {
      group.enter()
      let thread = Thread {
        while let index = state.withLock({ state -> Int? in
          guard state.nextRequest < requestCount else { return nil }
          state.nextRequest += 1
          return state.nextRequest - 1
        }) {
          let answer = client.complete(Self.body(index % kinds))
          let text = StreamedText(answer.body)
          state.withLock { state in
            state.report.requests += 1
            if !text.isDone || text.error != nil { state.report.failed += 1 }
            if text != expected[index % kinds] { state.report.altered += 1 }
            state.arrivals.append(answer.arrivals)
          }
        }
        group.leave()
      }
      thread.start()
    }
    try await killWorkers(of: cluster, state)
    while group.wait(timeout: .now()) != .success { try await Task.sleep(for: .milliseconds(20)) }
    return state.withLock { state in
      state.report.pauses = Self.pauses(kills: state.killTimes, arrivals: state.arrivals)
      return state.report
    }
  }

  /// A kill whenever so many requests have been begun that kills and requests come to an end together.
  private func killWorkers(of cluster: ServedCluster, _ state: borrowing Mutex<State>) async throws {
    var random = SystemRandomNumberGenerator()
    for kill in 0..<killCount {
      let due = (kill + 1) * requestCount / (killCount + 1)
      while state.withLock({ $0.nextRequest }) < due { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...150, using: &random)))
      let victim = Int.random(in: 0..<cluster.workers.count, using: &random)
      state.withLock {
        $0.killTimes.append(.now)
        $0.report.kills += 1
      }
      cluster.kill(victim)
      try cluster.restartWorker(victim)
    }
  }

  /// For every kill and request under way then: until that request's next token, of the slowest such request.
  private static func pauses(
    kills: [ContinuousClock.Instant], arrivals: [[ContinuousClock.Instant]]
  ) -> [Double] {
    kills.compactMap { kill in
      arrivals.compactMap { times -> Double? in
        guard let first = times.first, first < kill, let next = times.first(where: { $0 > kill }) else { return nil }
        let (seconds, attoseconds) = (next - kill).components
        return Double(seconds) + Double(attoseconds) * 1e-18
      }.max()
    }
  }
}

extension EndToEnd {
  @Suite("The drill: random kills under load")
  struct Drills {
    @Test("no request fails and no token is lost, doubled or altered, whichever worker is killed when")
    func kills() async throws {
      let environment = ProcessInfo.processInfo.environment
      let drill = Drill(
        killCount: environment["LONGHAUL_DRILL_KILLS"].flatMap { Int($0) } ?? 4,
        requestCount: environment["LONGHAUL_DRILL_REQUESTS"].flatMap { Int($0) } ?? 24)
      let report = try await drill.run()
      print("drill: \(report)")
      #expect(report.requests == drill.requestCount && report.kills == drill.killCount)
      #expect(report.failed == 0 && report.altered == 0, "\(report)")
    }
  }
}
