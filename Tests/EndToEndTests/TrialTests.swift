import Foundation
import Glibc
import Synchronization
import Testing

extension EndToEnd {
  /// The same fault again and again, at random tokens, with the times that it took to find and mend it.
  ///
  /// `LONGHAUL_TRIALS` says how often; twice unless set. Answers are compared, times are printed.
  @Suite("Trials: stops, hangs and restarts, timed")
  struct Trials {
    private static let count = ProcessInfo.processInfo.environment["LONGHAUL_TRIALS"].flatMap { Int($0) } ?? 2

    /// Seconds, for a line of print.
    private struct Times: CustomStringConvertible {
      private(set) var seconds: [Double] = []

      mutating func add(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.seconds.append(Double(seconds) + Double(attoseconds) * 1e-18)
      }

      var description: String {
        let sorted = seconds.sorted()
        guard let last = sorted.last else { return "never" }
        func percentile(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))] }
        return String(
          format: "p50 %.2f s, p90 %.2f s, longest %.2f s (%d)", percentile(0.5), percentile(0.9), last, sorted.count)
      }
    }

    private static func count(_ words: String, in log: String) -> Int { log.ranges(of: words).count }

    /// When it has become true; nil when it has not in time.
    private static func moment(seconds: Int = 60, _ isTrue: () -> Bool) async throws -> ContinuousClock.Instant? {
      let end = ContinuousClock.now + .seconds(seconds)
      while ContinuousClock.now < end {
        if isTrue() { return .now }
        try await Task.sleep(for: .milliseconds(3))
      }
      return nil
    }

    @Test(
      "a stage that stands still is suspected, replaced, and changes no token", .needsFailPoints,
      arguments: ["stop", "hang"])
    func standingStill(fault: String) async throws {
      let cluster = try await ServedCluster(workerCount: 2, spareCount: 1, program: Program.besideTests)
      let client = StreamingClient(port: cluster.port)
      var (suspected, found, recovered) = (Times(), Times(), Times())
      for trial in 0..<Self.count {
        let seed = trial % 2 == 0 ? nil : 3
        let body = Recovery.request("The whale", tokens: 120, seed: seed, more: ", \"stream\": true")
        let whole = StreamedText(client.complete(body).body)
        try #require(whole.isDone && whole.finishReason == "length")
        let before = cluster.log("coordinator")
        let registrations = Self.count("registered", in: cluster.logs(of: "w"))
        let stage = Int.random(in: 0...1)
        try Faults.arm(fault, stage: stage, position: Int.random(in: 5..<115), in: cluster)
        let answer = Task.detached { client.complete(body) }
        let start = try #require(try await Self.moment { !Faults.isArmed(stage: stage, in: cluster) })
        func since(_ words: String) -> Bool {
          Self.count(words, in: cluster.log("coordinator")) > Self.count(words, in: before)
        }
        if fault == "stop" {
          suspected.add(try #require(try await Self.moment { since("has been silent for") }) - start)
        }
        let dead = fault == "stop" ? "has not been heard for" : "computed nothing for"
        found.add(try #require(try await Self.moment { since(dead) }) - start)
        let disturbed = await answer.value
        #expect(StreamedText(disturbed.body) == whole, "\(fault) \(trial), stage \(stage)")
        // The longest silence is the fault's: it is seconds where tokens take milliseconds.
        let pauses = zip(disturbed.arrivals, disturbed.arrivals.dropFirst())
        if let next = pauses.max(by: { $0.1 - $0.0 < $1.1 - $1.0 })?.1, next > start { recovered.add(next - start) }
        let lines = cluster.log("coordinator").split(separator: "\n")
        let victim = lines.last { $0.contains("worker evicted") }?.firstMatch(of: /worker=w(\d)/)
        let index = try #require(victim.flatMap { Int($0.1) })
        if fault == "stop" {
          kill(cluster.workers[index].processIdentifier, SIGCONT)
        } else {
          cluster.kill(index)
          try cluster.restartWorker(index)
        }
        #expect(try await Self.moment { Self.count("registered", in: cluster.logs(of: "w")) > registrations } != nil)
        #expect(StreamedText(client.complete(body).body) == whole, "after \(fault) \(trial)")
      }
      print("trials: \(fault): suspected \(suspected); found \(found); next token \(recovered)")
    }

    @Test(
      "a link that swallows everything is suspected, the others continue, and a worker that was cut off does no harm",
      .needsSlowCable)
    func blackHole() async throws {
      let hosts = try TwoHosts(cable: CableQuality(delay: .milliseconds(3)))
      let cable = try #require(hosts.lossy)
      let cluster = try await TwoHostCluster(hosts, hasKeys: true)
      try cluster.startWorkers()
      let plain = Recovery.request("The whale", tokens: 200, seed: 3)
      let whole = try await cluster.completion(plain)
      var (suspected, found, recovered) = (Times(), Times(), Times())
      for trial in 0..<Self.count {
        let (before, registrations) = (cluster.log("c"), Self.count("registered", in: cluster.log("w1")))
        let request = try cluster.stream(
          Recovery.request("The whale", tokens: 200, seed: 3, more: ", \"stream\": true"))
        func byteCount() -> Int { (try? Data(contentsOf: request.answer).count) ?? 0 }
        let some = Int.random(in: 2_000...20_000)
        _ = try #require(try await Self.moment { byteCount() > some })
        cable.setCut(true)
        let start = ContinuousClock.now
        func since(_ words: String) -> Bool {
          Self.count(words, in: cluster.log("c")) > Self.count(words, in: before)
        }
        suspected.add(try #require(try await Self.moment { since("w1 has been silent for") }) - start)
        found.add(try #require(try await Self.moment { since("worker evicted") }) - start)
        let said = byteCount()
        recovered.add(try #require(try await Self.moment { byteCount() > said }) - start)
        // It computes nothing any more, but what it had sent may still be under way.
        cable.setCut(false)
        #expect(StreamedText(try await request.end.value).text == whole, "trial \(trial)")
        #expect(try await Self.moment { Self.count("registered", in: cluster.log("w1")) > registrations } != nil)
        #expect(try await cluster.completion(plain) == whole, "after trial \(trial)")
        // It has layers again.
        #expect(try await Self.moment { since("workers have joined") && !since("no plan") } != nil)
        #expect(try await cluster.completion(plain) == whole, "in trial \(trial), shared out again")
      }
      print("trials: a link that swallows all: suspected \(suspected); found \(found); next token \(recovered)")
    }

    @Test("a coordinator that is killed under load and started again has its workers back, and the same answers")
    func coordinatorRestart() async throws {
      let cluster = try await ServedCluster(workerCount: 2, spareCount: 1)
      let body = Recovery.request("Once upon a time", tokens: 30, seed: 3)
      let loads = Self.count("loaded=now", in: cluster.logs(of: "w"))
      let before = try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body)
      var (back, serving) = (Times(), Times())
      for trial in 0..<Self.count {
        let interrupted = cluster.stream(
          "/v1/completions", Recovery.request("The whale", tokens: 2000, seed: 1, more: ", \"stream\": true"))
        try await Task.sleep(for: .milliseconds(Int.random(in: 20...300)))
        cluster.killCoordinator()
        #expect(!StreamedText(try await interrupted.end.value.body).isDone)
        // It may be away for any time.
        try await Task.sleep(for: .milliseconds(trial % 10 == 9 ? 8000 : Int.random(in: 0...1500)))
        let (coordinator, workers) = (cluster.log("coordinator"), cluster.logs(of: "w"))
        try cluster.restartCoordinator()
        func come(_ words: String, _ count: Int, _ log: () -> String, _ former: String) async throws
          -> ContinuousClock.Instant?
        {
          try await Self.moment { Self.count(words, in: log()) >= Self.count(words, in: former) + count }
        }
        let start = try #require(
          try await come("waiting for workers", 1, { cluster.log("coordinator") }, coordinator))
        back.add(try #require(try await come("registered", 3, { cluster.logs(of: "w") }, workers)) - start)
        serving.add(try #require(try await come(" serving", 1, { cluster.log("coordinator") }, coordinator)) - start)
        try await cluster.waitUntilReady()
        #expect(try CompletionAnswer.text(try await cluster.post("/v1/completions", body).body) == before, "\(trial)")
      }
      for worker in cluster.workers { #expect(worker.isRunning) }
      print("trials: coordinator started again: workers back \(back); serving \(serving)")
      print("  stages loaded again: \(Self.count("loaded=now", in: cluster.logs(of: "w")) - loads)")
    }
  }
}
