import Dispatch
import Synchronization

/// Numbered pieces of work that several threads take from until none is left or one of them fails.
package enum SharedWork {
  /// Runs `worker` on up to `threadCount` threads and returns when all have returned. Each takes indices below `count`,
  /// ascending, until `next` returns nil.
  /// - Throws: the first error that a thread threw; the others take nothing more then.
  package static func run(
    count: Int, threadCount: Int, _ worker: @Sendable (_ next: () -> Int?) throws -> Void
  ) throws {
    let taken = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threadCount, count))) { _ in
      do {
        try worker {
          let index = taken.add(1, ordering: .relaxed).oldValue
          return index < count && failure.withLock({ $0 == nil }) ? index : nil
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
