import Foundation
import Glibc
import Synchronization
import Testing

/// Serves under load, first undisturbed, then with a fault every so often, and compares.
///
/// `LONGHAUL_SOAK_SECONDS` says how long the second part lasts, its faults 5 to 15 s apart; some seconds with faults
/// close together unless set.
struct Soak {
  struct Report: CustomStringConvertible {
    var faults: [String: Int] = [:]
    var answers = 0
    var altered = 0
    /// Tokens a second undisturbed, and with faults.
    var calm = 0.0
    var disturbed = 0.0

    var description: String {
      let kinds = faults.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      return String(
        format: "\(answers) answers, \(altered) altered, after \(kinds); %.0f tokens/s undisturbed, "
          + "%.0f with faults (%.2f)", calm, disturbed, disturbed / calm)
    }
  }

  /// What a process holds.
  struct Holdings {
    private(set) var descriptors: Int
    private(set) var threads: Int
    private(set) var residentKilobytes: Int

    /// The most that any of several processes holds, of each: stages change their workers.
    init(of processes: [Process]) {
      (descriptors, threads, residentKilobytes) = (0, 0, 0)
      for process in processes {
        let one = Holdings(of: process)
        descriptors = max(descriptors, one.descriptors)
        threads = max(threads, one.threads)
        residentKilobytes = max(residentKilobytes, one.residentKilobytes)
      }
    }

    init(of process: Process) {
      let folder = "/proc/\(process.processIdentifier)"
      descriptors = ProcessTree.descriptorCount(of: process.processIdentifier)
      let status = (try? String(contentsOfFile: "\(folder)/status", encoding: .utf8)) ?? ""
      func number(_ name: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
      }
      threads = number("Threads")
      residentKilobytes = number("VmRSS")
    }
  }

  private static let tokens = 64
  private static let kinds = 12

  let cluster: ServedCluster
  let expected: [StreamedText]

  init() async throws {
    cluster = try await ServedCluster(
      workerCount: 2, spareCount: 1, arguments: ["--sequences", "4", "--context", "2048", "--metrics"])
    let client = StreamingClient(port: cluster.port)
    expected = (0..<Self.kinds).map { StreamedText(client.complete(Drill.body($0)).body) }
    for text in expected { try #require(text.isDone && text.error == nil && text.finishReason == "length") }
  }

  /// Four clients until `isOver`; tokens a second of the answers that were right.
  private func load(_ report: borrowing Mutex<Report>, until isOver: () async throws -> Void) async throws -> Double {
    let over = Mutex(false)
    let counts = Mutex((answers: 0, altered: 0))
    let group = DispatchGroup()
    let begin = ContinuousClock.now
    let (client, expected) = (StreamingClient(port: cluster.port), expected)
    for number in 0..<4 {
      group.enter()
      Thread {
        var index = number
        while !over.withLock({ $0 }) {
          let text = StreamedText(client.complete(Drill.body(index % Self.kinds)).body)
          counts.withLock {
            $0.answers += 1
            if text != expected[index % Self.kinds] { $0.altered += 1 }
          }
          index += 5
        }
        group.leave()
      }.start()
    }
    try await isOver()
    over.withLock { $0 = true }
    while group.wait(timeout: .now()) != .success { try await Task.sleep(for: .milliseconds(20)) }
    let (answers, altered) = counts.withLock { $0 }
    report.withLock {
      $0.answers += answers
      $0.altered += altered
    }
    let (seconds, attoseconds) = (ContinuousClock.now - begin).components
    return Double((answers - altered) * Self.tokens) / (Double(seconds) + Double(attoseconds) * 1e-18)
  }

  /// One fault at a random worker: killed and started again, or standing still until it has been replaced.
  private func strike(_ report: borrowing Mutex<Report>) async throws {
    let victim = Int.random(in: 0..<cluster.workers.count)
    let isKill = Bool.random()
    if isKill {
      cluster.kill(victim)
      try cluster.restartWorker(victim)
    } else {
      kill(cluster.workers[victim].processIdentifier, SIGSTOP)
      try await Task.sleep(for: .milliseconds(2500))
      kill(cluster.workers[victim].processIdentifier, SIGCONT)
    }
    try cluster.restartEndedWorkers()
    report.withLock { $0.faults[isKill ? "kills" : "stops", default: 0] += 1 }
  }

  func run(seconds: Double, faultEvery: ClosedRange<Double>) async throws -> Report {
    let report = Mutex(Report())
    let calm = try await load(report) { try await Task.sleep(for: .seconds(min(60, seconds / 2))) }
    let disturbed = try await load(report) {
      let end = ContinuousClock.now + .seconds(seconds)
      repeat {
        try await Task.sleep(for: .seconds(Double.random(in: faultEvery)))
        try await strike(report)
      } while ContinuousClock.now < end
    }
    return report.withLock {
      ($0.calm, $0.disturbed) = (calm, disturbed)
      return $0
    }
  }
}

extension EndToEnd {
  @Suite("The soak: faults one after the other under load")
  struct Soaks {
    private static let long = Recovery.request(
      String(repeating: "The little dog ran to the old house. ", count: 190), tokens: 8, seed: nil)

    /// Answers to texts that fill the cache side by side, and that no page is missing for.
    private func fullCache(_ cluster: ServedCluster) async throws -> [String] {
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<4 {
          group.addTask { try CompletionAnswer.text(try await cluster.post("/v1/completions", Self.long).body) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }

    /// Waits until the coordinator shows that nothing runs and no page is taken, and all workers are back.
    private func settle(_ cluster: ServedCluster) async throws {
      let wanted: [String: Double] = [
        "requests_running": 0, "requests_waiting": 0, "steps_in_flight": 0, "kv_cache_usage_ratio": 0,
      ].merging(cluster.workers.indices.map { ("worker_up{worker=\"w\($0)\"}", 1) }) { $1 }
      let deadline = ContinuousClock.now + .seconds(30)
      var shown: [String: Double] = [:]
      repeat {
        try cluster.restartEndedWorkers()
        try await Task.sleep(for: .milliseconds(100))
        shown = try await cluster.metrics().filter { wanted.keys.contains($0.key) }
      } while shown != wanted && ContinuousClock.now < deadline
      #expect(shown == wanted)
    }

    @Test("nothing fails, nothing is altered, and in the end every process holds what it held before and no page")
    func faults() async throws {
      let seconds = ProcessInfo.processInfo.environment["LONGHAUL_SOAK_SECONDS"].flatMap { Double($0) }
      let soak = try await Soak()
      let cluster = soak.cluster
      let full = try await fullCache(cluster)
      #expect(Set(full).count == 1)
      try await settle(cluster)
      let coordinator = Soak.Holdings(of: cluster.coordinator)
      let workers = Soak.Holdings(of: cluster.workers)
      let report = try await soak.run(seconds: seconds ?? 4, faultEvery: seconds == nil ? 0.2...1 : 5...15)
      print("soak: \(report)")
      #expect(report.altered == 0)
      #expect(try await fullCache(cluster) == full)
      try await settle(cluster)
      for (name, before, after) in [
        ("coordinator", coordinator, Soak.Holdings(of: cluster.coordinator)),
        ("workers", workers, Soak.Holdings(of: cluster.workers)),
      ] {
        print("soak: \(name) before \(before), after \(after)")
        #expect(after.descriptors <= before.descriptors + 8)
        #expect(after.threads <= before.threads + 2)
        #expect(after.residentKilobytes <= before.residentKilobytes + (64 << 10))
      }
    }
  }
}
