import Foundation
import Synchronization

/// The service manager that started this process, systemd for one: it hears over a datagram socket how the process is.
/// Any thread.
final class Supervisor: Sendable {
  private let socket: NotifySocket
  private let state: Mutex<NotifyState>
  private let started = ContinuousClock.now

  /// Nil where no manager listens.
  init?(environment: [String: String]) {
    guard let path = environment["NOTIFY_SOCKET"], let socket = NotifySocket(path: path) else { return nil }
    self.socket = socket
    let isOurs = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    let watchdog = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 && isOurs ? $0 : nil }
    state = Mutex(NotifyState(watchdog: watchdog.map { .microseconds($0) }))
  }

  /// To be called after every event of the process's loop: that it is called feeds the watchdog.
  func note(_ status: String, isReady: Bool) {
    let now = started.duration(to: .now)
    send(state.withLock { $0.update(status, isReady: isReady, now: now) })
  }

  /// To be called when the process begins to end.
  func noteStopping(within span: Duration) {
    let now = started.duration(to: .now)
    send(state.withLock { $0.stop("draining", within: span, now: now) })
  }

  private func send(_ assignments: [String]) {
    if !assignments.isEmpty { socket.send(assignments.joined(separator: "\n")) }
  }
}
