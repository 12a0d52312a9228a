import Fixtures
import Foundation
import Testing

@testable import longhaul

@Suite("Worker processes of a command", .timeLimit(.minutes(1)))
struct WorkerProcessesTests {
  /// Processes that wait until they are killed or their lifeline closes.
  private func started(_ count: Int) throws -> WorkerProcesses {
    let workers = WorkerProcesses(program: URL(fileURLWithPath: "/bin/cat"))
    for index in 0..<count { try workers.start(name: "w\(index)", arguments: []) }
    return workers
  }

  private func waitUntil(_ isTrue: () -> Bool) async throws {
    while !isTrue() { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test("a worker that exits by itself is restarted")
  func restart() async throws {
    let workers = try started(2)
    let first = workers.identifiers
    kill(first[0], SIGKILL)
    try await waitUntil { workers.identifiers[0] != first[0] }
    #expect(workers.identifiers[1] == first[1])
    await workers.end {}
  }

  @Test("a worker that exits at the end of the command is not restarted")
  func end() async throws {
    let workers = try started(3)
    let first = Set(workers.identifiers)
    await workers.end {
      for identifier in first { kill(identifier, SIGKILL) }
      // Until the exit of each is noticed, or one is restarted.
      try? await waitUntil { workers.identifiers.isEmpty || !first.isSuperset(of: workers.identifiers) }
      #expect(workers.identifiers.isEmpty)
    }
  }
}
