import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("Worker processes of a command", .timeLimit(.minutes(1)))
struct WorkerProcessesTests {
  /// Processes that wait until they are killed, or their lifeline is closed.
  private func started(_ count: Int) throws -> WorkerProcesses {
    let workers = WorkerProcesses(program: URL(fileURLWithPath: "/bin/cat"))
    for index in 0..<count { try workers.start(name: "w\(index)", arguments: []) }
    return workers
  }

  private func waitUntil(_ isTrue: () -> Bool) async throws {
    while !isTrue() { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test("one that ends by itself is started again")
  func restart() async throws {
    let workers = try started(2)
    let first = workers.identifiers
    kill(first[0], SIGKILL)
    try await waitUntil { workers.identifiers[0] != first[0] }
    #expect(workers.identifiers[1] == first[1])
    await workers.end {}
  }

  @Test("none is started again that leaves because the command is done")
  func end() async throws {
    let workers = try started(3)
    let first = Set(workers.identifiers)
    await workers.end {
      for identifier in first { kill(identifier, SIGKILL) }
      // Until the end of each has been heard of, or one was started again.
      try? await waitUntil { workers.identifiers.isEmpty || !first.isSuperset(of: workers.identifiers) }
      #expect(workers.identifiers.isEmpty)
    }
  }
}
