import Foundation
import Transport

/// Frames waiting for the compute thread: bounded, filled by the socket thread, emptied by the compute thread.
final class FrameQueue: @unchecked Sendable {
  // Safety: every field is touched under the condition's lock only.
  private let condition = NSCondition()
  private var messages: [Message] = []
  private var isClosed = false
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// False when the queue is full or closed: the frame is not taken.
  func push(_ message: Message) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed, messages.count < capacity else { return false }
    messages.append(message)
    condition.signal()
    return true
  }

  /// Waits for a frame; nil once closed. The wait ends with `close`, which the worker's own stop guarantees.
  func pop() -> Message? {
    condition.lock()
    defer { condition.unlock() }
    while messages.isEmpty, !isClosed { condition.wait() }
    return isClosed ? nil : messages.removeFirst()
  }

  func close() {
    condition.lock()
    isClosed = true
    messages.removeAll()
    condition.broadcast()
    condition.unlock()
  }
}
