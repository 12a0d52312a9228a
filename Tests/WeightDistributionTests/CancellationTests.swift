import Foundation
import Synchronization
import Testing

@testable import WeightDistribution

@Suite("Ending work from another thread")
struct CancellationTests {
  @Test("nothing is thrown until it is cancelled, and then every time")
  func checked() throws {
    let cancellation = Cancellation()
    try cancellation.check()
    try cancellation.pause(for: .zero)
    cancellation.cancel()
    #expect(throws: Cancelled.self) { try cancellation.check() }
    #expect(throws: Cancelled.self) { try cancellation.pause(for: .seconds(3600)) }
  }

  @Test("a pause ends when it is cancelled", .timeLimit(.minutes(1)))
  func paused() {
    let cancellation = Cancellation()
    Thread.detachNewThread { cancellation.cancel() }
    #expect(throws: Cancelled.self) { try cancellation.pause(for: .seconds(3600)) }
  }

  @Test("a handler is called once, also when it comes late")
  func handlers() {
    let cancellation = Cancellation()
    let calls = Mutex(0)
    cancellation.onCancel { calls.withLock { $0 += 1 } }
    #expect(calls.withLock { $0 } == 0)
    cancellation.cancel()
    cancellation.cancel()
    #expect(calls.withLock { $0 } == 1)
    cancellation.onCancel { calls.withLock { $0 += 10 } }
    #expect(calls.withLock { $0 } == 11)
  }
}

@Suite("Work that threads share")
struct SharedWorkTests {
  @Test("every block is taken once, whatever the number of threads", arguments: [1, 3, 100])
  func once(threadCount: Int) throws {
    let taken = Mutex<[Int]>([])
    try SharedWork.run(count: 50, threadCount: threadCount) { next in
      while let index = next() { taken.withLock { $0.append(index) } }
    }
    #expect(taken.withLock { $0.sorted() } == Array(0..<50))
  }

  @Test("an error ends the work and is thrown", arguments: [1, 4])
  func failing(threadCount: Int) {
    struct Failure: Error {}
    let taken = Mutex(0)
    #expect(throws: Failure.self) {
      try SharedWork.run(count: 100, threadCount: threadCount) { next in
        while let index = next() {
          taken.withLock { $0 += 1 }
          if index == 3 { throw Failure() }
        }
      }
    }
    if threadCount == 1 { #expect(taken.withLock { $0 } == 4) }
  }
}
