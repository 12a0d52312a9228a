import Foundation
import Core
import Wire

/// Sends the worker's heartbeats, on a thread of its own: neither a computing worker nor a busy runtime delays them.
final class HeartbeatSender: @unchecked Sendable {
  // Safety: every field below is touched under the condition's lock only.
  private let condition = NSCondition()
  private var member: (incarnation: UInt64, epoch: PlanEpoch)?
  private var interval = 0.1
  private var isStopped = false
  private let send: @Sendable (UInt64, PlanEpoch) -> Void

  /// - Parameter send: sends one heartbeat; called on the sender's thread, must not wait.
  init(send: @escaping @Sendable (_ incarnation: UInt64, PlanEpoch) -> Void) {
    self.send = send
    let thread = Thread { [self] in run() }
    thread.name = "heartbeat"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Sends under these names from now on, the first at once. Nil pauses.
  func set(incarnation: UInt64?, epoch: PlanEpoch) {
    condition.withLock {
      member = incarnation.map { ($0, epoch) }
      condition.signal()
    }
  }

  func set(interval milliseconds: Int) {
    condition.withLock { interval = Double(milliseconds) / 1000 }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  private func run() {
    condition.lock()
    while !isStopped {
      let current = member
      condition.unlock()
      if let current { send(current.incarnation, current.epoch) }
      condition.lock()
      // A change wakes it early, which only means one heartbeat more.
      if !isStopped { _ = condition.wait(until: Date(timeIntervalSinceNow: interval)) }
    }
    condition.unlock()
  }
}
