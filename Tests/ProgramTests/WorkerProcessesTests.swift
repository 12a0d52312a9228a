import Fixtures
import Foundation
import Synchronization
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

  @Test("a worker that exits is reported in one sentence, with its own last words")
  func lastWords() async throws {
    let reports = Mutex<[String]>([])
    let folder = try ScratchFolder()
    let program = try folder.program("echo 'longhaul: this is why' >&2; echo raw >&2; exit 7")
    let workers = WorkerProcesses(program: program) { line in reports.withLock { $0.append(line) } }
    try workers.start(name: "w0", arguments: [])
    try await waitUntil { reports.withLock { $0.contains { $0.contains("started again") } } }
    await workers.end {}
    #expect(reports.withLock { $0.contains("w0: raw") })
    #expect(reports.withLock { $0.contains("w0 exited with status 7 (this is why); it is started again") })
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
