import Foundation
import Transport
import Wire

/// What the compute thread is given to do.
enum StageWork: Sendable {
  /// Hold these layers from now on, and send what they make over this link.
  case assign(StageAssignment, output: StageOutput)
  /// A stage that was asked of the loader.
  case loaded(LoadedStage)
  case frame(Message)
  /// The cluster the sequences belonged to is gone, or has evicted this worker.
  case forget
}

/// Where a stage's frames go.
struct StageOutput: Sendable {
  let send: @Sendable (Message) throws -> Void
  /// Bytes of them that wait because they are not taken.
  let queuedByteCount: @Sendable () -> Int
}

/// Work waiting for the compute thread: bounded in number and bytes, filled by other threads, emptied by the compute
/// thread.
final class WorkQueue: @unchecked Sendable {
  // Safety: every field is touched under the condition's lock only.
  private let condition = NSCondition()
  private var waiting: [StageWork] = []
  private var isClosed = false
  private var byteCount = 0
  private let capacity: Int
  private var byteLimit: Int

  /// - Parameter byteLimit: bytes of frames that may wait; a single one may be longer.
  init(capacity: Int, byteLimit: Int) {
    self.capacity = capacity
    self.byteLimit = byteLimit
  }

  /// False when too many frames wait, or the queue is closed: the frame is not taken.
  func push(frame: Message) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed, waiting.count < capacity, byteCount == 0 || byteCount + frame.byteCount <= byteLimit else {
      return false
    }
    waiting.append(.frame(frame))
    byteCount += frame.byteCount
    condition.signal()
    return true
  }

  /// Puts a stage in; there is one at most that anything waits for.
  func push(loaded stage: LoadedStage) {
    condition.withLock {
      guard !isClosed else { return }
      waiting.append(.loaded(stage))
      condition.signal()
    }
  }

  /// Puts work in that makes everything before it void.
  func replaceAll(with work: StageWork) {
    condition.withLock {
      guard !isClosed else { return }
      waiting = [work]
      byteCount = 0
      condition.signal()
    }
  }

  /// Changes how many bytes of frames may wait. What waits already stays.
  func limit(to byteLimit: Int) { condition.withLock { self.byteLimit = byteLimit } }

  /// Waits for work; nil once closed. The wait ends with `close`, which the worker's own stop guarantees.
  func pop() -> StageWork? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty, !isClosed { condition.wait() }
    guard !isClosed else { return nil }
    let work = waiting.removeFirst()
    if case .frame(let frame) = work { byteCount -= frame.byteCount }
    return work
  }

  /// Whether there is something to pop, or the queue is closed; waits for it so long at most.
  func hasWork(within seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let end = Date(timeIntervalSinceNow: seconds)
    while waiting.isEmpty, !isClosed {
      guard condition.wait(until: end) else { break }
    }
    return !waiting.isEmpty || isClosed
  }

  func close() {
    condition.lock()
    isClosed = true
    waiting.removeAll()
    byteCount = 0
    condition.broadcast()
    condition.unlock()
  }
}
