import Foundation
import Transport
import Wire

/// What the compute thread is given to do.
enum StageWork: Sendable {
  /// Hold these layers from now on, and send what they make over this link.
  case assign(StageAssignment, output: StageOutput)
  case frame(Message)
  /// The cluster the sequences belonged to is gone, or has counted this worker out.
  case forget
}

/// Where a stage's frames go.
struct StageOutput: Sendable {
  let send: @Sendable (Message) throws -> Void
}

/// Work waiting for the compute thread: bounded, filled by other threads, emptied by the compute thread.
final class WorkQueue: @unchecked Sendable {
  // Safety: every field is touched under the condition's lock only.
  private let condition = NSCondition()
  private var waiting: [StageWork] = []
  private var isClosed = false
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// False when too many frames wait, or the queue is closed: the frame is not taken.
  func push(frame: Message) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed, waiting.count < capacity else { return false }
    waiting.append(.frame(frame))
    condition.signal()
    return true
  }

  /// Puts work in that makes everything before it void.
  func replaceAll(with work: StageWork) {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed else { return }
    waiting = [work]
    condition.signal()
  }

  /// Waits for work; nil once closed. The wait ends with `close`, which the worker's own stop guarantees.
  func pop() -> StageWork? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty, !isClosed { condition.wait() }
    return isClosed ? nil : waiting.removeFirst()
  }

  func close() {
    condition.lock()
    isClosed = true
    waiting.removeAll()
    condition.broadcast()
    condition.unlock()
  }
}
