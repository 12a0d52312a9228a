import Foundation
import Synchronization

/// A program of this machine that is run to its end, such as ssh.
struct LocalCommand {
  struct Outcome {
    let status: Int32
    let output: String
    /// The end of what it said on stderr.
    let errors: String
    let isLate: Bool
  }

  enum Input {
    case nothing
    case text(String)
    /// What another program prints.
    case program([String])
  }

  /// More is kept of no output.
  private static let maximumByteCount = 64 << 20
  private static let maximumErrorByteCount = 64 << 10

  let words: [String]
  var input = Input.nothing
  /// Seconds after which it is ended; nil never.
  var limit: Int?
  /// Given the output line by line as it comes, which is then not kept.
  var onLine: (@Sendable (String) -> Void)?

  /// Safety: Foundation's Process is not Sendable; a signal may be sent to it from any thread.
  private final class Running: @unchecked Sendable {
    let process: Process
    private let late = Atomic(false)
    var isLate: Bool { late.load(ordering: .relaxed) }

    init(_ process: Process) { self.process = process }

    func end(_ signal: Int32) { if process.isRunning { kill(process.processIdentifier, signal) } }

    /// Ends it after so long, by force if need be, unless the task is canceled before.
    func end(after limit: Int) async throws {
      try await Task.sleep(for: .seconds(limit))
      late.store(true, ordering: .relaxed)
      end(SIGTERM)
      try await Task.sleep(for: .seconds(2))
      end(SIGKILL)
    }
  }

  /// Process ids of those that run.
  private static let children = Mutex<Set<Int32>>([])

  /// Ctrl-C reaches this program only: each child has a process group of its own.
  private static let interruption = Task {
    for await _ in Interruption.signals() {
      for child in children.withLock({ $0 }) { kill(child, SIGTERM) }
      Longhaul.leave(CancellationError())
    }
  }

  /// - Throws: `CommandFailure` where it cannot be started.
  func run() async throws -> Outcome {
    _ = Self.interruption
    let (process, output, errors) = (process(words), Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    var source: Running?
    let inlet = Pipe()
    switch input {
    case .nothing: process.standardInput = FileHandle.nullDevice
    case .text: process.standardInput = inlet
    case .program(let words):
      let program = self.process(words)
      (program.standardInput, program.standardOutput) = (FileHandle.nullDevice, inlet)
      process.standardInput = inlet
      source = Running(program)
    }
    let running = Running(process)
    let (ends, sink) = AsyncStream<Void>.makeStream()
    // Foundation keeps a process and its pipes for ever unless its end is waited for.
    source?.process.terminationHandler = { $0.waitUntilExit() }
    process.terminationHandler = { ended in
      ended.waitUntilExit()
      sink.finish()
    }
    do {
      try process.run()
      try source?.process.run()
    } catch {
      running.end(SIGKILL)
      throw CommandFailure(.runtime, "cannot start \(words[0]): \(error.localizedDescription)")
    }
    let identifier = process.processIdentifier
    _ = Self.children.withLock { $0.insert(identifier) }
    defer { _ = Self.children.withLock { $0.remove(identifier) } }
    if case .text(let text) = input { Self.write(text, to: inlet.fileHandleForWriting) }
    let (kept, said) = (Reader(output, onLine: onLine), Reader(errors, onLine: nil))
    let watch = limit.map { limit in Task { try await running.end(after: limit) } }
    // A task that is canceled ends the command, and waits for that.
    await withTaskCancellationHandler {
      await Task.detached { for await _ in ends {} }.value
    } onCancel: {
      running.end(SIGTERM)
    }
    watch?.cancel()
    source?.end(SIGTERM)
    let texts = (await kept.end(), await said.end())
    return Outcome(
      status: process.terminationReason == .uncaughtSignal
        ? 128 + process.terminationStatus : process.terminationStatus,
      output: String(decoding: texts.0.prefix(Self.maximumByteCount), as: UTF8.self),
      errors: String(decoding: texts.1.suffix(Self.maximumErrorByteCount), as: UTF8.self),
      isLate: running.isLate)
  }

  private func process(_ words: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Threads of the pool block signals, and a child would inherit that.
    process.arguments = ["--default-signal"] + words
    return process
  }

  /// On a thread of its own: the other end may be slow to read, or gone.
  private static func write(_ text: String, to file: FileHandle) {
    DispatchQueue(label: "input").async {
      try? file.write(contentsOf: Data(text.utf8))  // A command that reads no more fails by itself.
      try? file.close()
    }
  }

  /// Reads a pipe on a thread of its own until its end.
  private final class Reader: Sendable {
    private let (ends, sink) = AsyncStream<[UInt8]>.makeStream()

    init(_ pipe: Pipe, onLine: (@Sendable (String) -> Void)?) {
      let file = pipe.fileHandleForReading
      let sink = sink
      DispatchQueue(label: "output").async {
        var kept: [UInt8] = []
        while case let part = file.availableData, !part.isEmpty {
          if kept.count < LocalCommand.maximumByteCount { kept += part }
          guard let onLine else { continue }
          while let end = kept.firstIndex(of: UInt8(ascii: "\n")) {
            onLine(String(decoding: kept[..<end], as: UTF8.self))
            kept.removeSubrange(...end)
          }
        }
        if let onLine, !kept.isEmpty { onLine(String(decoding: kept, as: UTF8.self)) }
        sink.yield(onLine == nil ? kept : [])
        sink.finish()
      }
    }

    func end() async -> [UInt8] {
      for await bytes in ends { return bytes }
      return []
    }
  }
}
