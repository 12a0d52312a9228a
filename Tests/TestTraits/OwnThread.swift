import Dispatch
import Synchronization
package import Testing

/// Runs tests on a thread of their own, one after the other where they belong to one suite. For those that block or
/// compute for long: all others share as few threads as there are processors, and some of them have deadlines.
package struct OwnThread: SuiteTrait, TestTrait, TestScoping {
  private let executor = QueueExecutor()

  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(executor) { try await function() }
  }

  /// A task on a thread of its own, which waits for none of those that tests share.
  package static func task(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    let executor = QueueExecutor()
    return Task(executorPreference: executor) {
      await body()
      withExtendedLifetime(executor) {}
    }
  }

  /// Calls what blocks on a thread of its own, and waits for it without holding one of the tests'.
  package static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "blocking").async { continuation.resume(returning: body()) }
    }
  }
}

extension Trait where Self == OwnThread {
  package static var ownThread: Self { OwnThread() }
}

/// A queue of one's own has a thread whenever it has work, however many others are taken.
private final class QueueExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "own thread")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
