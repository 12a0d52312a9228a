import CPlatform
import Foundation
import Glibc
import Synchronization

/// A process that this one started and waits for, in a process group of its own and with none of this one's files.
///
/// Foundation's `Process` reads the list of this process's open files in a way that may end it where there are more
/// than a thousand, as a server's connections can be.
final class ChildProcess: Sendable {
  /// How a process ended.
  enum End: Hashable, Sendable {
    case exit(status: Int32)
    case signal(Int32)
  }

  let identifier: Int32
  private let end = Mutex<End?>(nil)

  /// Starts a program in the folder `/`.
  /// - Parameters:
  ///   - standard: its input, output and errors: descriptors of this process, or nil for `/dev/null`.
  ///   - onEnd: called once, on a thread of the child's own, when it has ended.
  /// - Throws: the system's reason why it cannot be started.
  init(
    _ program: String, _ arguments: [String], standard: [Int32?],
    onEnd: @escaping @Sendable (ChildProcess, End) -> Void
  ) throws {
    precondition(standard.count == 3, "a process has three standard files")
    let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var error: Int32 = 0
    identifier = lh_start_process(program, words, standard.map { $0 ?? -1 }, &error)
    guard identifier > 0 else { throw POSIXError(.init(rawValue: error) ?? .EIO) }
    let thread = Thread { [self] in onEnd(self, wait()) }
    thread.name = "child"
    thread.start()
  }

  var isRunning: Bool { end.withLock { $0 == nil } }

  /// Does nothing once it has ended: its id may be another's by then.
  func signal(_ number: Int32) {
    end.withLock { if $0 == nil { kill(identifier, number) } }
  }

  private func wait() -> End {
    var information = siginfo_t()
    while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    return end.withLock { end in
      var status: Int32 = 0
      while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
      let number = status & 0x7f
      let ended: End = number == 0 ? .exit(status: (status >> 8) & 0xff) : .signal(number)
      end = ended
      return ended
    }
  }
}
