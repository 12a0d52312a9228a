import Fixtures
import Foundation
import Glibc
import Synchronization
import Testing

@testable import longhaul

@Suite("A child process", .timeLimit(.minutes(1)))
struct ChildProcessTests {
  /// Runs a shell's script to its end.
  private func run(_ script: String) async throws -> (end: ChildProcess.End, output: String) {
    let folder = try ScratchFolder()
    let path = try folder.write("", to: "output")
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let end = try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try ChildProcess("/bin/sh", ["-c", script], standard: [nil, output.fileDescriptor, nil]) { _, end in
          continuation.resume(returning: end)
        }
      } catch { continuation.resume(throwing: error) }
    }
    return (end, try String(contentsOfFile: path, encoding: .utf8))
  }

  @Test("has the files it was given and no other, however many this process has open")
  func files() async throws {
    let many = (0..<1500).map { _ in open("/dev/null", O_RDONLY) }
    defer { for descriptor in many where descriptor >= 0 { close(descriptor) } }
    // One more is the folder that is listed.
    let (end, output) = try await run("ls /proc/self/fd | wc -l; pwd; read line || echo none")
    #expect(end == .exit(status: 0))
    #expect(output.split(separator: "\n").map(String.init) == ["4", "/", "none"])
  }

  @Test("ends with its status or its signal, and leads a group of its own")
  func ends() async throws {
    #expect(try await run("exit 7").end == .exit(status: 7))
    #expect(try await run("kill -TERM -$$").end == .signal(SIGTERM))
  }

  @Test("is signaled as long as it runs, and never afterwards")
  func signals() async throws {
    let ends = Mutex<[ChildProcess.End]>([])
    let child = try ChildProcess("/bin/sleep", ["600"], standard: [nil, nil, nil]) { _, end in
      ends.withLock { $0.append(end) }
    }
    #expect(child.isRunning)
    child.signal(SIGKILL)
    while ends.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
    child.signal(SIGKILL)
    #expect(!child.isRunning && ends.withLock { $0 } == [.signal(SIGKILL)])
  }

  @Test("that cannot be started throws the system's reason")
  func missing() throws {
    #expect(throws: POSIXError(.ENOENT)) {
      _ = try ChildProcess("/nowhere/to/be/found", [], standard: [nil, nil, nil]) { _, _ in }
    }
  }
}
