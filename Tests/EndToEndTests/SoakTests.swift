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
    let descriptors: Int
    let threads: Int
    let residentKilobytes: Int

    init(of process: Process) {
      let folder = "/proc/\(process.processIdentifier)"
      descriptors = ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")) ?? []).count
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
      workerCount: 2, spareCount: 1, arguments: ["--sequences", "4", "--context", "2048"])
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
    @Test("nothing fails, nothing is altered, and the coordinator holds in the end what it held before")
    func faults() async throws {
      let seconds = ProcessInfo.processInfo.environment["LONGHAUL_SOAK_SECONDS"].flatMap { Double($0) }
      let soak = try await Soak()
      let before = Soak.Holdings(of: soak.cluster.coordinator)
      let report = try await soak.run(seconds: seconds ?? 4, faultEvery: seconds == nil ? 0.2...1 : 5...15)
      print("soak: \(report)")
      #expect(report.altered == 0)
      // All page numbers are back: texts that fill the cache fit side by side.
      let long = Recovery.request(
        String(repeating: "The little dog ran to the old house. ", count: 190), tokens: 8, seed: nil)
      let full = try CompletionAnswer.text(try await soak.cluster.post("/v1/completions", long).body)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let answer = try? await soak.cluster.post("/v1/completions", long)
            #expect((try? CompletionAnswer.text(answer?.body ?? "")) == full)
          }
        }
      }
      let after = Soak.Holdings(of: soak.cluster.coordinator)
      print("soak: coordinator before \(before), after \(after)")
      #expect(after.descriptors <= before.descriptors + 8)
      #expect(after.threads <= before.threads + 2)
      #expect(after.residentKilobytes <= before.residentKilobytes + (64 << 10))
    }
  }
}
