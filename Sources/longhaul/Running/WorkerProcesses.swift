import Foundation
import Synchronization

/// Worker processes that belong to this one: started together, kept alive, ended together.
///
/// Each worker reads its standard input and leaves when that closes, so none outlives this process however it ends. One
/// that ends by itself is started again, unless it keeps ending.
final class WorkerProcesses: Sendable {
  // Safety: Foundation's Process is not Sendable; the list is touched under the lock only.
  private struct Started: @unchecked Sendable {
    var workers: [Worker] = []
    var isEnding = false
  }

  private struct Worker {
    let name: String
    let arguments: [String]
    var process: Process
    var lifeline: Pipe
    /// When it was started again, lately.
    var restarts: [ContinuousClock.Instant] = []
  }

  private let program: URL
  private let started = Mutex(Started())
  /// Says which worker keeps ending by itself, and how.
  let losses: AsyncStream<String>
  private let lossSink: AsyncStream<String>.Continuation

  /// A worker that has to be started more often than this within `restartSpan` is given up.
  private static let maximumRestartCount = 5
  private static let restartSpan = Duration.seconds(30)

  /// - Parameter program: what every worker runs: this program, except in tests.
  init(program: URL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()) {
    self.program = program
    (losses, lossSink) = AsyncStream.makeStream()
  }

  /// Starts one worker of this program.
  /// - Throws: when the system does not start it.
  func start(name: String, arguments: [String]) throws {
    try started.withLock { started in
      let (process, lifeline) = try launch(name: name, arguments: arguments)
      started.workers.append(Worker(name: name, arguments: arguments, process: process, lifeline: lifeline))
    }
  }

  private func launch(name: String, arguments: [String]) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    let lifeline = Pipe()
    process.standardInput = lifeline
    process.standardOutput = FileHandle.nullDevice
    process.terminationHandler = { [weak self] ended in self?.replace(ended, name: name) }
    do {
      try process.run()
    } catch {
      throw CommandFailure(.runtime, "\(name) could not be started: \(error.localizedDescription)")
    }
    return (process, lifeline)
  }

  /// Process ids, in the order they were first started, without those that left while `end` asked them to.
  var identifiers: [Int32] { started.withLock { $0.workers.map(\.process.processIdentifier) } }

  /// Ends them all: lets `ask` tell them to leave, then closes their lifelines, waits, and kills what has not left
  /// after two seconds. None is started again from the call on.
  func end(asking ask: () async -> Void) async {
    started.withLock { $0.isEnding = true }
    await ask()
    let workers = started.withLock { $0.workers }
    for worker in workers { try? worker.lifeline.fileHandleForWriting.close() }  // Closed already is as good.
    let deadline = ContinuousClock.now + .seconds(2)
    for process in workers.map(\.process) {
      while process.isRunning, ContinuousClock.now < deadline { usleep(5000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
    lossSink.finish()
  }

  /// A worker has ended by itself: another one takes its name, unless all are to end.
  private func replace(_ ended: Process, name: String) {
    let now = ContinuousClock.now
    started.withLock { started in
      guard let index = started.workers.firstIndex(where: { $0.process === ended }) else { return }
      guard !started.isEnding else {
        started.workers.remove(at: index)
        return
      }
      started.workers[index].restarts.removeAll { now - $0 > Self.restartSpan }
      guard started.workers[index].restarts.count < Self.maximumRestartCount else {
        lossSink.yield("\(name) (process \(ended.processIdentifier)) \(Self.how(ended)), once more")
        return
      }
      started.workers[index].restarts.append(now)
      do {
        let (process, lifeline) = try launch(name: name, arguments: started.workers[index].arguments)
        started.workers[index].process = process
        started.workers[index].lifeline = lifeline
      } catch {
        lossSink.yield("\(name) \(Self.how(ended)), and \(error)")
      }
    }
  }

  private static func how(_ process: Process) -> String {
    process.terminationReason == .uncaughtSignal
      ? "was ended by signal \(process.terminationStatus)" : "exited with status \(process.terminationStatus)"
  }
}
