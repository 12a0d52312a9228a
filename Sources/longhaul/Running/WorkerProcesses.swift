import Foundation
import Synchronization

/// Worker processes of this process: started together, restarted when they exit, stopped together.
///
/// Each worker reads its standard input and exits when that closes, so no worker outlives this process. A worker that
/// exits by itself is restarted, unless it keeps exiting.
final class WorkerProcesses: Sendable {
  // Safety: Foundation's Pipe is not Sendable; only code under the lock reads the list.
  private struct Started: @unchecked Sendable {
    var workers: [Worker] = []
    var isEnding = false
  }

  private struct Worker {
    let name: String
    let arguments: [String]
    var process: ChildProcess
    var lifeline: Pipe
    var words: WorkerWords
    /// Times of recent restarts.
    var restarts: [ContinuousClock.Instant] = []
  }

  private let program: URL
  private let tell: @Sendable (String) -> Void
  private let started = Mutex(Started())
  /// Reports each worker that keeps exiting, and how.
  let losses: AsyncStream<String>
  private let lossSink: AsyncStream<String>.Continuation

  /// A worker that exits more often than this within `restartSpan` is lost.
  private static let maximumRestartCount = 5
  private static let restartSpan = Duration.seconds(30)

  /// - Parameters:
  ///   - program: the executable of every worker: this program, except in tests.
  ///   - tell: given a sentence about each worker that ends or has trouble.
  init(
    program: URL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(),
    tell: @escaping @Sendable (String) -> Void = { StandardError.event($0) }
  ) {
    self.program = program
    self.tell = tell
    (losses, lossSink) = AsyncStream.makeStream()
  }

  /// Starts one worker of this program.
  /// - Throws: when the system cannot start it.
  func start(name: String, arguments: [String]) throws {
    try started.withLock { started in
      guard !started.isEnding else { throw CommandFailure(.runtime, "\(name) is not started: the command ends") }
      let (process, lifeline, words) = try launch(name: name, arguments: arguments)
      started.workers.append(
        Worker(name: name, arguments: arguments, process: process, lifeline: lifeline, words: words))
    }
  }

  private func launch(name: String, arguments: [String]) throws -> (ChildProcess, Pipe, WorkerWords) {
    let (lifeline, errors, words) = (Pipe(), Pipe(), WorkerWords(name: name, tell: tell))
    defer {
      // The child has its own.
      try? lifeline.fileHandleForReading.close()
      try? errors.fileHandleForWriting.close()
    }
    // Foundation's pipes have no descriptors where the system has none left.
    let ends = [lifeline.fileHandleForReading, errors.fileHandleForReading, errors.fileHandleForWriting]
    guard ends.allSatisfy({ $0.fileDescriptor >= 0 }) else {
      throw CommandFailure(.runtime, "cannot start \(name): too many open files; raise the limit (ulimit -n)")
    }
    let allSaid = DispatchSemaphore(value: 0)
    let process: ChildProcess
    do {
      process = try ChildProcess(
        program.path, arguments,
        standard: [lifeline.fileHandleForReading.fileDescriptor, nil, errors.fileHandleForWriting.fileDescriptor]
      ) { [weak self] ended, end in
        // Its last words may still be in the pipe, which a process of its own may hold open.
        _ = allSaid.wait(timeout: .now() + 1)
        self?.replace(ended, name: name, end: end)
      }
    } catch {
      throw CommandFailure(.runtime, "cannot start \(name): \(error.localizedDescription)")
    }
    // Until its end the handler holds the file that it reads.
    let said = errors.fileHandleForReading
    said.readabilityHandler = { _ in
      let data = said.availableData
      guard data.isEmpty else { return words.take(data) }
      said.readabilityHandler = nil
      allSaid.signal()
    }
    return (process, lifeline, words)
  }

  /// Process ids in the order of their first start, without workers that exited during `end`.
  var identifiers: [Int32] { started.withLock { $0.workers.map(\.process.identifier) } }

  /// Restarts no worker from now on.
  func expectEnds() { started.withLock { $0.isEnding = true } }

  /// Stops all workers: `ask` requests them to exit; then this closes their lifelines, waits, and kills workers that
  /// have not exited after two seconds. No worker is restarted after the call.
  func end(asking ask: () async -> Void) async {
    expectEnds()
    await ask()
    let workers = started.withLock { $0.workers }
    for worker in workers { try? worker.lifeline.fileHandleForWriting.close() }  // It may be closed already.
    let deadline = ContinuousClock.now + .seconds(2)
    for process in workers.map(\.process) {
      while process.isRunning, ContinuousClock.now < deadline { await Self.pause() }
      process.signal(SIGKILL)
      while process.isRunning { await Self.pause() }
    }
    lossSink.finish()
  }

  /// Suspends for a moment, even in a canceled task, so that waiting never spins.
  private static func pause() async {
    await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
  }

  /// Restarts a worker that exited by itself, under the same name.
  private func replace(_ ended: ChildProcess, name: String, end: ChildProcess.End) {
    let now = ContinuousClock.now
    let sentence = started.withLock { started -> String? in
      guard let index = started.workers.firstIndex(where: { $0.process === ended }) else { return nil }
      guard !started.isEnding else {
        started.workers.remove(at: index)
        return nil
      }
      let end = Self.how(end) + (started.workers[index].words.last.map { " (\($0))" } ?? "")
      started.workers[index].restarts.removeAll { now - $0 > Self.restartSpan }
      guard started.workers[index].restarts.count < Self.maximumRestartCount else {
        lossSink.yield("\(name) (process \(ended.identifier)) \(end) again")
        return nil
      }
      started.workers[index].restarts.append(now)
      do {
        let (process, lifeline, words) = try launch(name: name, arguments: started.workers[index].arguments)
        started.workers[index].process = process
        started.workers[index].lifeline = lifeline
        started.workers[index].words = words
        return "\(name) \(end); it is started again"
      } catch {
        lossSink.yield("\(name) \(end), and \(error)")
        return nil
      }
    }
    // Not under the lock: a reader of this process's errors may be slow.
    if let sentence { tell(sentence) }
  }

  private static func how(_ end: ChildProcess.End) -> String {
    switch end {
    case .exit(let status): "exited with status \(status)"
    case .signal(let number): "was killed by signal \(number)"
    }
  }
}
