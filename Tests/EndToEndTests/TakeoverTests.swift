import Fixtures
import Foundation
import Testing

extension ServedCluster {
  /// Which workers of three have layers, and which has none; with what the coordinator has given out so far. For one
  /// that was started with `--metrics`.
  func roles() async throws -> (stages: [Int], spare: Int, sentByteCount: Double) {
    let deadline = ContinuousClock.now + .seconds(30)
    repeat {
      let shown = try await metrics()
      let layers = (0..<3).compactMap { shown["worker_layers{worker=\"w\($0)\"}"] }
      if layers.count == 3, let spare = layers.firstIndex(of: 0) {
        return ((0..<3).filter { $0 != spare }, spare, try #require(shown["weights_sent_bytes_total"]))
      }
      try await Task.sleep(for: .milliseconds(50))
    } while ContinuousClock.now < deadline
    throw NotReady(log: log("coordinator"))
  }

  /// Waits until a spare has the weights of both stages.
  func waitUntilAhead(_ spare: Int) async throws {
    try await Takeover.waitUntilAhead { log("w\(spare)") }
  }
}

/// A stage whose worker is killed in the middle of an answer, and how long the answer waits for it.
enum Takeover {
  private static let environment = ProcessInfo.processInfo.environment
  static let model = environment["LONGHAUL_TAKEOVER_MODEL"] ?? SharedFiles.demo
  static let trialCount = environment["LONGHAUL_TAKEOVER_TRIALS"].flatMap { Int($0) } ?? 1
  static let cable = CableQuality(
    delay: .milliseconds(environment["LONGHAUL_TAKEOVER_DELAY"].flatMap { Double($0) } ?? 5),
    megabitsPerSecond: environment["LONGHAUL_TAKEOVER_MEGABITS"].flatMap { Double($0) })

  static func request(tokens: Int) -> String {
    Recovery.request("Once upon a time", tokens: tokens, seed: 4, more: ", \"stream\": true")
  }

  private typealias Recovery = EndToEnd.Recovery

  /// Seconds from the kill, which is made when some tokens have come, to the next token.
  static func pause(
    answer whole: StreamedText, kill: () -> Void,
    complete: @escaping @Sendable (_ note: @escaping @Sendable (Int) -> Void) async throws -> StreamingClient.Answer
  ) async throws -> Double {
    let (moments, sink) = AsyncStream<Void>.makeStream()
    let answer = Task.detached {
      defer { sink.finish() }
      return try await complete { if $0 == 20 { sink.yield() } }
    }
    for await _ in moments { break }
    let killed = ContinuousClock.now
    kill()
    let disturbed = try await answer.value
    #expect(StreamedText(disturbed.body) == whole)
    // What was on its way when the worker died still comes: the longest silence is the takeover's.
    let times = [killed] + disturbed.arrivals.filter { $0 > killed }
    let next = zip(times, times.dropFirst()).max { $0.1 - $0.0 < $1.1 - $1.0 }?.1 ?? killed
    let (seconds, attoseconds) = (next - killed).components
    return Double(seconds) + (Double(attoseconds) * 1e-16).rounded() / 100
  }

  /// Waits until a spare's log says that it has the weights of two stages.
  static func waitUntilAhead(_ log: () -> String) async throws {
    let deadline = ContinuousClock.now + .seconds(480)
    while log().matches(of: /layers .* are here/).count < 2 {
      guard ContinuousClock.now < deadline else { throw ServedCluster.NotReady(log: log()) }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

extension EndToEnd {
  /// `LONGHAUL_TAKEOVER_MODEL` names a larger model than the demo, `LONGHAUL_TAKEOVER_TRIALS` says how often (once).
  @Suite("A spare takes over without the model's file")
  struct Takeovers {
    @Test("with its weights fetched in advance, and without: the same tokens, and how long it took is printed")
    func takeover() async throws {
      let request = Takeover.request(tokens: 120)
      for trial in 0..<Takeover.trialCount {
        for isAhead in [false, true] {
          let folder = try ScratchFolder()
          let cluster = try await ServedCluster(
            workerCount: 2, spareCount: 1, model: Takeover.model, arguments: ["--metrics", "--context", "2048"],
            workerArguments: ["--model", folder.path("none")] + (isAhead ? [] : ["--share", "none"]),
            hasOwnCaches: true, folder: folder)
          let whole = StreamedText(try await cluster.post("/v1/completions", request).body)
          try #require(whole.isDone && whole.error == nil)
          let (stages, spare, _) = try await cluster.roles()
          if isAhead { try await cluster.waitUntilAhead(spare) }
          let client = StreamingClient(port: cluster.port)
          let seconds = try await Takeover.pause(answer: whole, kill: { cluster.kill(stages[trial % 2]) }) {
            client.complete(request, note: $0)
          }
          print("takeover: \(isAhead ? "ahead" : "not ahead"), next token \(seconds) s after the kill")
        }
      }
    }

    /// The spare alone is far: its weights, and what it computes, cross the cable. `LONGHAUL_TAKEOVER_DELAY` is the
    /// cable's in milliseconds (5 unless set), `LONGHAUL_TAKEOVER_MEGABITS` makes it narrow.
    @Test(
      "from another host over a slow cable with keys: the same tokens, and how long it took is printed", .needsSlowCable
    )
    func afar() async throws {
      let request = Takeover.request(tokens: 120)
      let quality = Takeover.cable
      for trial in 0..<Takeover.trialCount {
        for isAhead in [false, true] {
          let hosts = try TwoHosts(cable: quality)
          let cluster = try await TwoHostCluster(
            hosts, hasKeys: true, model: Takeover.model, arguments: ["--context", "2048"])
          let arguments = ["--model", "/nonexistent"] + (isAhead ? [] : ["--share", "none"])
          for index in 0...1 { try cluster.startWorker(index, isGrouped: false, arguments) }
          _ = try await cluster.completion(Recovery.request("A", tokens: 2, seed: nil))
          try cluster.startWorker(2, isGrouped: true, arguments)
          let client = StreamingClient(port: TwoHostCluster.port)
          let whole = StreamedText(try await hosts.onFirst { client.complete(request) }.body)
          try #require(whole.isDone && whole.error == nil)
          if isAhead { try await Takeover.waitUntilAhead { cluster.log("w2") } }
          let seconds = try await Takeover.pause(answer: whole, kill: { cluster.kill("w\(trial % 2)") }) { note in
            try await hosts.onFirst { client.complete(request, note: note) }
          }
          let rate = quality.megabitsPerSecond.map { ", \($0) Mbit/s" } ?? ""
          print(
            "takeover over \(quality.delay)\(rate): \(isAhead ? "ahead" : "not ahead"), next token \(seconds) s after "
              + "the kill")
        }
      }
    }
  }
}
