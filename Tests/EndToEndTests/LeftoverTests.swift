import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite("What a test leaves running")
  struct Leftovers {
    @Test(
      "ends with the tests' process, and so does what it started, in groups and sessions of its own too",
      arguments: [
        "exec sleep 600", "sleep 600 & sleep 600", "setsid sleep 600 & sleep 600",
        "trap '' TERM INT HUP; (sleep 600; sleep 600) & sleep 600",
      ])
    func ended(script: String) async throws {
      var watch: LeftoverWatch? = try LeftoverWatch()
      let process = Program.process(
        URL(fileURLWithPath: "/bin/sh"), ["-c", script], environment: watch?.environment ?? [:])
      let other = Program.process(URL(fileURLWithPath: "/bin/sleep"), ["600"])
      for started in [process, other] { try started.run() }
      defer {
        // Signals may be blocked: a child inherits what its thread blocks.
        kill(other.processIdentifier, SIGKILL)
        other.waitUntilExit()
      }
      // A shell may become its last command.
      let hasChildren = script.contains("&")
      try await until { !ProcessTree.children(of: process.processIdentifier).isEmpty || !hasChildren }
      let children = ProcessTree.children(of: process.processIdentifier)
      watch = nil
      try await until { !([process.processIdentifier] + children).contains(where: ProcessTree.isRunning) }
      #expect(other.isRunning)
    }

    @Test(
      "a process that has ended leaves no open file behind, neither here nor in a server whose worker it was",
      .timeLimit(.minutes(2)))
    func descriptors() async throws {
      // Foundation opens some for each thread that starts or awaits one, and closes them with the thread: a process
      // that is kept has three.
      let before = ProcessTree.descriptorCount(of: getpid())
      for _ in 0..<40 { _ = try await Program.run(["--version"]) }
      try await until { ProcessTree.descriptorCount(of: getpid()) <= before + 40 }

      let server = try await ServedCluster(serving: SharedFiles.demo)
      let identifier = server.coordinator.processIdentifier
      let first = ProcessTree.descriptorCount(of: identifier)
      for round in 1...4 {
        kill(try #require(ProcessTree.children(of: identifier).first), SIGKILL)
        try await until { server.log("coordinator").matches(of: /it is started again/).count == round }
        try await server.waitUntilReady()
      }
      // Of its connections some may be closing still.
      try await until { ProcessTree.descriptorCount(of: identifier) <= first + 6 }
    }

    private func until(_ isTrue: () -> Bool) async throws {
      while !isTrue() { try await Task.sleep(for: .milliseconds(10)) }
    }
  }
}
