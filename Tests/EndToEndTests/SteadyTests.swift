import Fixtures
import Foundation
import Synchronization
import Testing

extension EndToEnd {
  /// `LONGHAUL_STEADY_SECONDS` says how long each of them serves; a few seconds unless set.
  @Suite("A worker that is only slow is not taken for dead")
  struct Steady {
    private static let seconds =
      ProcessInfo.processInfo.environment["LONGHAUL_STEADY_SECONDS"].flatMap { Double($0) } ?? 3

    /// Asks for the same text until the time is over; every answer must be the first, and no worker suspected.
    private func serve(
      _ what: String, tokens: Int, log: () -> String, _ complete: (String) async throws -> String
    ) async throws {
      let body = Recovery.request("Once upon a time", tokens: tokens, seed: nil)
      let expected = try await complete(body)
      let end = ContinuousClock.now + .seconds(Self.seconds)
      var answers = 0
      repeat {
        #expect(try await complete(body) == expected)
        answers += 1
      } while ContinuousClock.now < end
      for sign in ["has been silent for", "has not been heard", "computed nothing", "the plan is over"] {
        #expect(!log().contains(sign), "\(log())")
      }
      print("steady, \(what): \(answers) answers of \(tokens) tokens in \(Self.seconds) s, no worker suspected")
    }

    @Test("with twice as many busy processes as processors beside them")
    func busy() async throws {
      let cluster = try await SecuredCluster(hasKeys: false)
      try await cluster.start()
      var others: [Process] = []
      defer {
        for process in others {
          kill(process.processIdentifier, SIGKILL)
          process.waitUntilExit()
        }
      }
      for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
        let process = Program.process(URL(fileURLWithPath: "/bin/sh"), ["-c", "while :; do :; done"])
        try process.run()
        others.append(process)
      }
      try await serve("\(others.count) busy processes", tokens: 60, log: { cluster.log("c") }) {
        try await cluster.completion($0)
      }
    }

    @Test("with a tenth of the time, as a quota gives it")
    func throttled() async throws {
      let cluster = try await ServedCluster(workerCount: 2)
      let isOver = Atomic(false)
      let workers = cluster.workers.map(\.processIdentifier)
      let throttle = Thread {
        while !isOver.load(ordering: .relaxed) {
          for worker in workers { kill(worker, SIGSTOP) }
          usleep(90_000)
          for worker in workers { kill(worker, SIGCONT) }
          usleep(10_000)
        }
      }
      throttle.start()
      defer { isOver.store(true, ordering: .relaxed) }
      try await serve("a tenth of the time", tokens: 5, log: { cluster.log("coordinator") }) {
        let answer = try await cluster.post("/v1/completions", $0)
        return try CompletionAnswer.text(answer.body)
      }
      for worker in cluster.workers { #expect(worker.isRunning) }
    }

    @Test("with 20 ms and 2 % of lost packets between two hosts", .needsSlowCable, arguments: [true, false])
    func slowCable(hasKeys: Bool) async throws {
      let hosts = try TwoHosts(cable: CableQuality(delay: .milliseconds(20), loss: 0.02))
      let cluster = try await TwoHostCluster(hosts, hasKeys: hasKeys)
      try cluster.startWorkers()
      try await serve("a slow cable, keys \(hasKeys)", tokens: 10, log: { cluster.log("c") }) {
        try await cluster.completion($0)
      }
    }
  }
}
