import Foundation
import Glibc

/// Kills what tests have started and left running once the tests' process is gone, however it ended: a value that is
/// alive then gets no deinit, and a process that is killed runs nothing.
///
/// What is started gets a variable of its environment, which its own children inherit. A shell waits for the end of a
/// connection that only the tests' process holds, and kills every process that has the variable.
final class LeftoverWatch: Sendable {
  /// Of this run of the tests; nil where no shell can be started.
  static let shared = try? LeftoverWatch()

  /// What a process must have in its environment to be killed.
  let environment: [String: String]
  private let lifeline: Int32

  /// Again and again, since what is killed may just have started something. The shell outlives a terminal's signals.
  private static let script = """
    trap '' INT TERM HUP
    cat > /dev/null
    for round in 1 2 3 4 5 6 7 8 9 10; do
      found=$(grep -lsFz -- "$1" /proc/[0-9]*/environ)
      [ -n "$found" ] || exit 0
      for file in $found; do process=${file#/proc/}; kill -KILL "${process%/environ}"; done
      sleep 0.1
    done
    """

  /// Starts the shell.
  init() throws {
    let (name, value) = ("LONGHAUL_TESTS", UUID().uuidString)
    environment = [name: value]
    var ends: [Int32] = [0, 0]
    // No child may inherit the end that stays here; of a pipe that could only be said after it was made.
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    lifeline = ends[1]
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", Self.script, "leftovers", "\(name)=\(value)"]
    // Without the variable, else it would end itself.
    shell.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
    shell.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.run()
  }

  /// As the end of the tests' process closes it.
  deinit { close(lifeline) }
}
