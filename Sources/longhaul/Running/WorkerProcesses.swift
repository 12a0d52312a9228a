import Foundation
import Synchronization

/// Worker processes that belong to this one: started together, ended together, missed when one ends by itself.
///
/// Each worker reads its standard input and leaves when that closes, so none outlives this process however it ends.
final class WorkerProcesses: Sendable {
  // Safety: Foundation's Process is not Sendable; the list is touched under the lock only.
  private struct Started: @unchecked Sendable {
    var processes: [Process] = []
    var lifelines: [Pipe] = []
  }

  private let started = Mutex(Started())
  private let isEnding = Atomic(false)
  /// Says which worker ended by itself and how.
  let losses: AsyncStream<String>
  private let lossSink: AsyncStream<String>.Continuation

  init() {
    (losses, lossSink) = AsyncStream.makeStream()
  }

  /// Starts one worker of this program.
  /// - Throws: when the system does not start it.
  func start(name: String, arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    let lifeline = Pipe()
    process.standardInput = lifeline
    process.standardOutput = FileHandle.nullDevice
    process.terminationHandler = { [isEnding = UncheckedReference(self)] ended in
      isEnding.value?.noteEnd(of: ended, name: name)
    }
    do {
      try process.run()
    } catch {
      throw CommandFailure(.runtime, "\(name) could not be started: \(error.localizedDescription)")
    }
    started.withLock {
      $0.processes.append(process)
      $0.lifelines.append(lifeline)
    }
  }

  /// Process ids, in the order they were started.
  var identifiers: [Int32] { started.withLock { $0.processes.map(\.processIdentifier) } }

  /// Ends them all: closes their lifelines, waits, and kills what has not left after two seconds.
  func end() {
    isEnding.store(true, ordering: .releasing)
    let (processes, lifelines) = started.withLock { ($0.processes, $0.lifelines) }
    for lifeline in lifelines { try? lifeline.fileHandleForWriting.close() }  // Closed already is as good.
    let deadline = ContinuousClock.now + .seconds(2)
    for process in processes {
      while process.isRunning, ContinuousClock.now < deadline { usleep(5000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
    lossSink.finish()
  }

  private func noteEnd(of process: Process, name: String) {
    guard !isEnding.load(ordering: .acquiring) else { return }
    let how =
      process.terminationReason == .uncaughtSignal
      ? "was ended by signal \(process.terminationStatus)" : "exited with status \(process.terminationStatus)"
    lossSink.yield("\(name) (process \(process.processIdentifier)) \(how)")
  }
}

/// Weak, since a process's handler would keep its owner alive.
private final class UncheckedReference: @unchecked Sendable {
  // Safety: set once; weak loads are atomic.
  private(set) weak var value: WorkerProcesses?
  init(_ value: WorkerProcesses) { self.value = value }
}
