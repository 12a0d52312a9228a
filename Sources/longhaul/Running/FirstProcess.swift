import CPlatform
import Glibc

/// The program as the first process of a container. The kernel then ignores signals that have no handler, and whatever
/// loses its parent becomes this process's child: so the work is done by a child, and this process passes signals on,
/// reaps, and ends as the child does.
enum FirstProcess {
  /// Returns at once in any other process, and in the child.
  static func superviseIfFirst() {
    guard getpid() == 1 else { return }
    var error: Int32 = 0
    let status = lh_run_as_child("/proc/self/exe", CommandLine.unsafeArgv, &error)
    guard error == 0 else {
      StandardError.line("longhaul: cannot start itself as a child: \(String(cString: strerror(error)))")
      exit(ExitStatus.unavailable.rawValue)
    }
    exit(status)
  }
}
