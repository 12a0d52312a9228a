import Foundation

/// Standard input held open by a parent process: its end means that the parent has exited.
enum Lifeline {
  static func watch(onEnd: @escaping @Sendable () -> Void) {
    let thread = Thread {
      var byte: UInt8 = 0
      while case let count = read(STDIN_FILENO, &byte, 1), count > 0 || count < 0 && errno == EINTR {}
      onEnd()
      // The service stops within a moment; a stuck compute thread must not keep the process alive.
      sleep(5)
      _exit(ExitStatus.unavailable.rawValue)
    }
    thread.name = "lifeline"
    thread.start()
  }
}
