import Foundation
import Inference
import Wire

/// The worker's heartbeat, on a thread of its own: neither a computing worker nor a busy runtime delays it.
final class Pulse: @unchecked Sendable {
  // Safety: every field below is touched under the condition's lock only.
  private let condition = NSCondition()
  private var member: (incarnation: UInt64, epoch: PlanEpoch)?
  private var interval = 0.1
  private var isStopped = false
  private let beat: @Sendable (UInt64, PlanEpoch) -> Void

  /// - Parameter beat: sends one heartbeat; called on the pulse's thread, must not wait.
  init(beat: @escaping @Sendable (UInt64, PlanEpoch) -> Void) {
    self.beat = beat
    let thread = Thread { [self] in run() }
    thread.name = "heartbeat"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Begins, or goes on under other names, at once. Nil pauses.
  func set(incarnation: UInt64?, epoch: PlanEpoch) {
    condition.lock()
    member = incarnation.map { ($0, epoch) }
    condition.signal()
    condition.unlock()
  }

  func set(interval milliseconds: Int) {
    condition.lock()
    interval = Double(milliseconds) / 1000
    condition.unlock()
  }

  func stop() {
    condition.lock()
    isStopped = true
    condition.signal()
    condition.unlock()
  }

  private func run() {
    condition.lock()
    while !isStopped {
      let current = member
      condition.unlock()
      if let current { beat(current.incarnation, current.epoch) }
      condition.lock()
      // A change wakes it early, which only means one heartbeat more.
      if !isStopped { _ = condition.wait(until: Date(timeIntervalSinceNow: interval)) }
    }
    condition.unlock()
  }
}
